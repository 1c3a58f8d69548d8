"""MNIST, Fashion-MNIST and CIFAR-10 from a folder, or through torchvision from the network.

torchvision wants every file of a dataset to be there. Of the two that come as IDX files ballgen
reads what a split needs and no more, so a folder that holds only the training files can be used.
"""

from __future__ import annotations

import contextlib
import gzip
import socket
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from ballgen.data.imageset import ImageSet
from ballgen.data.reading.layouts import UNLABELLED
from ballgen.errors import InputError
from ballgen.util.torchvision_guard import import_torchvision

SERVER_TIMEOUT = 20.0  # seconds; without a limit a silent network would hold the program for ever


class Dataset(NamedTuple):
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
    """One split of a named dataset, uint8 (N, C, H, W) as published; "valid" is that of "test".

    Looks in `root` first and downloads what is missing, if it may. Where that fails, IDX images
    without their labels come with the single class "image" and a remark. Raises `InputError` if
    there is neither a usable copy in `root` nor a network.
    """
    dataset_class = getattr(import_torchvision("datasets"), DATASETS[name].torchvision_name)
    images = labels = None
    if DATASETS[name].idx:
        images, labels = _idx_files(root, dataset_class.__name__, split)
    remarks: tuple[str, ...] = ()
    if images and labels:
        pixels, targets = _read_pair(images, labels, len(dataset_class.classes))
        classes = dataset_class.classes
    else:
        try:
            found = _through_torchvision(dataset_class, root, split, download)
            pixels, targets, classes = found.data, found.targets, found.classes
        except Exception as error:  # of the network, the disk or the server
            if not images:
                raise InputError(_why_not(name, dataset_class, root, download, error)) from error
            pixels = _read_idx(images, axes=3)
            targets, classes = np.zeros(len(pixels)), (UNLABELLED,)
            remarks = (f"{images} has no labels beside it and is read without them",)
    pixels = torch.as_tensor(pixels)
    return ImageSet(
        name=name,
        split=split,
        pixels=pixels[:, None] if pixels.ndim == 3 else pixels.permute(0, 3, 1, 2).contiguous(),
        labels=torch.as_tensor(targets).long(),
        # torchvision writes MNIST's classes as "7 - seven".
        class_names=tuple(class_name.split(" - ")[0] for class_name in classes),
        remarks=remarks,
    )


def _through_torchvision(dataset_class: type, root: Path, split: str, download: bool) -> object:
    own = root / dataset_class.__name__
    made = (own / "raw", own) if root.exists() else (own / "raw", own, root)
    timeout = socket.getdefaulttimeout()
    socket.setdefaulttimeout(SERVER_TIMEOUT)
    try:
        return dataset_class(root, train=split == "train", download=download)
    finally:
        socket.setdefaulttimeout(timeout)
        for folder in made:  # torchvision makes them before it tries the network
            with contextlib.suppress(OSError):  # it is not empty
                folder.rmdir()


def _why_not(name: str, dataset_class: type, root: Path, download: bool, error: Exception) -> str:
    """The one line that says why a dataset cannot be had, and what to do."""
    last_line = (str(error).strip().splitlines() or [type(error).__name__])[-1]
    tried = f" and could not be downloaded ({last_line[:120]})" if download else ""
    home = getattr(dataset_class, "base_folder", f"{dataset_class.__name__}/raw")
    if not DATASETS[name].idx and (root / home).is_dir():
        check_integrity = import_torchvision("datasets.utils").check_integrity
        meta = (dataset_class.meta["filename"], dataset_class.meta["md5"])
        for file, md5 in [*dataset_class.train_list, *dataset_class.test_list, meta]:
            if not check_integrity(root / home / file, md5):
                return (
                    f"{root / home / file} is missing or damaged{tried}: "
                    f"delete {root / home} and get it anew"
                )
    return f"{name} is not in {root}{tried}: give the folder that holds {home} with --data-root DIR"


def _idx_files(root: Path, folder: str, split: str) -> tuple[Path | None, Path | None]:
    """The files of one split's images and labels, packed or not, each None if missing."""
    prefix = "train" if split == "train" else "t10k"
    places = (root / folder / "raw", root / "raw", root)
    images, labels = (
        [place / f"{prefix}-{kind}-ubyte{suffix}" for place in places for suffix in ("", ".gz")]
        for kind in ("images-idx3", "labels-idx1")
    )
    return next(filter(Path.is_file, images), None), next(filter(Path.is_file, labels), None)


def _read_pair(images: Path, labels: Path, classes: int) -> Sequence[np.ndarray]:
    """Images and labels of one split. Raises `InputError` unless they belong together."""
    pixels, targets = _read_idx(images, axes=3), _read_idx(labels, axes=1)
    if len(pixels) != len(targets):
        raise InputError(
            f"{images} has {len(pixels)} images but {len(targets)} labels in {labels.name}: "
            "delete both or get them anew"
        )
    if targets.max() >= classes:
        raise InputError(
            f"{labels} has labels up to {targets.max()}, for {classes} classes from 0 on: "
            "delete it or get it anew"
        )
    return pixels, targets


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
    try:
        zeros, count = struct.unpack_from(">3sB", data)
        shape = struct.unpack_from(f">{count}I", data, 4)
        values = np.frombuffer(data, np.uint8, offset=4 + 4 * count).reshape(shape).copy()
    except (struct.error, ValueError):
        zeros = None
    if zeros != b"\0\0\x08":
        raise InputError(f"{path} is damaged or no IDX file: delete it or get it anew")
    if count != axes or not values.size:
        raise InputError(
            f"{path} holds an array of shape {shape}, not a filled "
            f"{'(N, H, W)' if axes == 3 else '(N,)'}: delete it or get it anew"
        )
    return values
