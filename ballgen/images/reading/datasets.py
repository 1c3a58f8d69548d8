"""MNIST, Fashion-MNIST and CIFAR-10 through torchvision, from a folder or from the network.

torchvision wants every file of a dataset to be there. For the two that come as IDX files ballgen
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
from typing import Any, NamedTuple

import numpy as np
import torch

from ballgen.errors import InputError
from ballgen.images.imageset import ImageSet
from ballgen.images.reading.layouts import UNLABELLED
from ballgen.torchvision_guard import import_torchvision

SERVER_PATIENCE = 20.0  # seconds; without a limit a silent network would hold the program for ever


@dataclass(frozen=True)
class Dataset:
    """What a dataset is called in torchvision, its native size in px and its channels."""

    torchvision_name: str
    size: int
    channels: int


DATASETS = {
    "mnist": Dataset("MNIST", 28, 1),
    "fashion-mnist": Dataset("FashionMNIST", 28, 1),
    "cifar10": Dataset("CIFAR10", 32, 3),
}


def load_dataset(name: str, split: str, root: Path, download: bool = True) -> ImageSet:
    """One split of a named dataset at its native size; "valid" is the same as "test".

    Looks in `root` first and downloads what is missing, if it may. Where that fails, IDX pictures
    without their labels come with the single class "picture" and a remark. Raises `InputError`
    if there is neither a usable copy in `root` nor a network.
    """
    contents = _open(name, split == "train", root, download)
    pixels, labels = torch.as_tensor(contents.pixels), torch.as_tensor(contents.labels).long()
    if len(labels) != len(pixels):
        raise InputError(
            f"{name} in {root} has {len(pixels)} pictures but {len(labels)} labels: "
            "delete its files, so that they are downloaded again"
        )
    return ImageSet(
        name=name,
        split=split,
        pixels=pixels[:, None] if pixels.ndim == 3 else pixels.permute(0, 3, 1, 2).contiguous(),
        labels=labels,
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
    try:
        return _contents(dataset_class(root, train=train))
    except Exception:  # refused, or fallen over damaged files: see what is there
        images, labels = _idx_files(root, dataset_class.__name__, train)
    if images and labels:
        return Contents(_read_idx(images), _read_idx(labels), dataset_class.classes)
    is_new = not root.exists()
    try:
        with _patience():
            return _contents(dataset_class(root, train=train, download=download))
    except Exception as error:  # of the network, the disk or the server
        own = root / dataset_class.__name__
        for folder in (own / "raw", own, *([root] if is_new else [])):
            with contextlib.suppress(OSError):
                folder.rmdir()  # torchvision makes its folders before it tries the network
        if not images:
            last_line = (str(error).strip().splitlines() or [type(error).__name__])[-1]
            tried = f" and could not be downloaded ({last_line[:120]})" if download else ""
            raise InputError(
                f"{name} is not in {root}{tried}: "
                f"give the folder that holds {_home(dataset_class)} with --data-root DIR"
            ) from error
    pixels = _read_idx(images)
    remark = f"{images} has no labels beside it and is read without them"
    return Contents(pixels, np.zeros(len(pixels)), (UNLABELLED,), (remark,))


def _contents(dataset: Any) -> Contents:
    return Contents(dataset.data, dataset.targets, dataset.classes)


def _home(dataset_class: type) -> str:
    """Where torchvision keeps a dataset below its root."""
    return getattr(dataset_class, "base_folder", f"{dataset_class.__name__}/raw")


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


def _read_idx(path: Path) -> np.ndarray:
    """An IDX file of unsigned bytes (format: LeCun's MNIST page) as uint8 of its own shape."""
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} cannot be read ({error}): delete it or get it anew") from error
    axes = data[3] if data[:3] == b"\0\0\x08" and len(data) > 3 else 0
    shape = np.frombuffer(data, ">u4", axes, offset=4) if len(data) >= 4 + 4 * axes else ()
    values = np.frombuffer(data, np.uint8, offset=min(4 + 4 * axes, len(data)))
    if not axes or len(shape) != axes or len(values) != math.prod(map(int, shape)):
        raise InputError(f"{path} is damaged or no IDX file: delete it or get it anew")
    return values.reshape(shape).copy()
