"""MNIST, Fashion-MNIST and CIFAR-10 from a folder, or through torchvision from the network.

torchvision wants every file of a dataset to be there. Of the two that come as IDX files ballgen
reads what a split needs and no more, so a folder that holds only the training files can be used.
"""

from __future__ import annotations

import contextlib
import gzip
import math
import socket
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from ballgen.data.imageset import ImageSet
from ballgen.data.reading.layouts import UNLABELLED
from ballgen.errors import InputError
from ballgen.util.torchvision_guard import import_torchvision

SERVER_PATIENCE = 20.0  # seconds; without a limit a silent network would hold the program for ever


@dataclass(frozen=True)
class Dataset:
    """What a dataset is called in torchvision, its native size in px, its channels, and whether
    it comes as IDX files.
    """

    torchvision_name: str
    size: int
    channels: int
    idx: bool


DATASETS = {
    "mnist": Dataset("MNIST", 28, 1, idx=True),
    "fashion-mnist": Dataset("FashionMNIST", 28, 1, idx=True),
    "cifar10": Dataset("CIFAR10", 32, 3, idx=False),
}


def load_dataset(name: str, split: str, root: Path, download: bool = True) -> ImageSet:
    """One split of a named dataset at its native size; "valid" is the same as "test".

    Looks in `root` first and downloads what is missing, if it may. Where that fails, IDX pictures
    without their labels come with the single class "image" and a remark. Raises `InputError`
    if there is neither a usable copy in `root` nor a network.
    """
    contents = _open(name, split == "train", root, download)
    pixels = torch.as_tensor(contents.pixels)
    return ImageSet(
        name=name,
        split=split,
        pixels=pixels[:, None] if pixels.ndim == 3 else pixels.permute(0, 3, 1, 2).contiguous(),
        labels=torch.as_tensor(contents.labels).long(),
        # torchvision writes MNIST's classes as "7 - seven".
        class_names=tuple(class_name.split(" - ")[0] for class_name in contents.classes),
        remarks=contents.remarks,
    )


class Contents(NamedTuple):
    """Pixels (N, H, W) or (N, H, W, C), labels (N,), class names, and what to remark on."""

    pixels: torch.Tensor | np.ndarray
    labels: torch.Tensor | np.ndarray | list[int]
    classes: Sequence[str]
    remarks: tuple[str, ...] = ()


def _open(name: str, train: bool, root: Path, download: bool) -> Contents:
    dataset_class = getattr(import_torchvision("datasets"), DATASETS[name].torchvision_name)
    images = labels = None
    if DATASETS[name].idx:
        images, labels = _idx_files(root, dataset_class.__name__, train)
    if images and labels:
        return _read_pair(images, labels, dataset_class.classes)
    is_new = not root.exists()
    try:
        with _patience():
            dataset = dataset_class(root, train=train, download=download)
            return Contents(dataset.data, dataset.targets, dataset.classes)
    except Exception as error:  # of the network, the disk or the server
        own = root / dataset_class.__name__
        for folder in (own / "raw", own, *([root] if is_new else [])):
            with contextlib.suppress(OSError):
                folder.rmdir()  # torchvision makes its folders before it tries the network
        if not images:
            last_line = (str(error).strip().splitlines() or [type(error).__name__])[-1]
            tried = f" and could not be downloaded ({last_line[:120]})" if download else ""
            if not DATASETS[name].idx and (damaged := _damaged_file(root, dataset_class)):
                raise InputError(
                    f"{damaged} is missing or damaged{tried}: "
                    f"delete {damaged.parent} and get it anew"
                ) from error
            raise InputError(
                f"{name} is not in {root}{tried}: "
                f"give the folder that holds {_home(dataset_class)} with --data-root DIR"
            ) from error
    pixels = _read_idx(images, axes=3)
    remark = f"{images} has no labels beside it and is read without them"
    return Contents(pixels, np.zeros(len(pixels)), (UNLABELLED,), (remark,))


def _home(dataset_class: type) -> str:
    """Where torchvision keeps a dataset below its root."""
    return getattr(dataset_class, "base_folder", f"{dataset_class.__name__}/raw")


def _damaged_file(root: Path, dataset_class: type) -> Path | None:
    """The first file of a CIFAR-10 that is there, but not as it was published."""
    folder = root / _home(dataset_class)
    if not folder.is_dir():
        return None
    check_integrity = import_torchvision("datasets.utils").check_integrity
    meta = (dataset_class.meta["filename"], dataset_class.meta["md5"])
    for file, md5 in [*dataset_class.train_list, *dataset_class.test_list, meta]:
        if not check_integrity(folder / file, md5):
            return folder / file
    return None


@contextlib.contextmanager
def _patience() -> Iterator[None]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(SERVER_PATIENCE)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _idx_files(root: Path, folder: str, train: bool) -> tuple[Path | None, Path | None]:
    """The files of one split's pictures and labels, packed or not, each None if missing."""
    split = "train" if train else "t10k"

    def find(kind: str) -> Path | None:
        for place in (root / folder / "raw", root / "raw", root):
            for suffix in ("", ".gz"):
                path = place / f"{split}-{kind}-ubyte{suffix}"
                if path.is_file():
                    return path
        return None

    return find("images-idx3"), find("labels-idx1")


def _read_pair(images: Path, labels: Path, classes: Sequence[str]) -> Contents:
    """Pictures and labels of one split. Raises `InputError` unless they belong together."""
    contents = Contents(_read_idx(images, axes=3), _read_idx(labels, axes=1), classes)
    if len(contents.pixels) != len(contents.labels):
        raise InputError(
            f"{images} has {len(contents.pixels)} pictures but {len(contents.labels)} labels in "
            f"{labels.name}: delete both or get them anew"
        )
    if (last := contents.labels.max()) >= len(classes):
        raise InputError(
            f"{labels} has labels up to {last}, for {len(classes)} classes from 0 on: "
            "delete it or get it anew"
        )
    return contents


def _read_idx(path: Path, axes: int) -> np.ndarray:
    """An IDX file of unsigned bytes (format: LeCun's MNIST page) as uint8 of its own shape.

    Raises `InputError` unless that has so many axes and holds something.
    """
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} cannot be read ({error}): delete it or get it anew") from error
    found = data[3] if data[:3] == b"\0\0\x08" and len(data) > 3 else 0
    shape = np.frombuffer(data, ">u4", found, offset=4) if len(data) >= 4 + 4 * found else ()
    values = np.frombuffer(data, np.uint8, offset=min(4 + 4 * found, len(data)))
    if not found or len(shape) != found or len(values) != math.prod(map(int, shape)):
        raise InputError(f"{path} is damaged or no IDX file: delete it or get it anew")
    if found != axes or not values.size:
        shape = tuple(map(int, shape))
        raise InputError(
            f"{path} holds an array of shape {shape}, not a filled "
            f"{'(N, H, W)' if axes == 3 else '(N,)'}: delete it or get it anew"
        )
    return values.reshape(shape).copy()
