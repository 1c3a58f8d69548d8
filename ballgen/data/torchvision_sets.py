"""MNIST, Fashion-MNIST and CIFAR-10, from a folder or from the network, as torchvision has them."""

import contextlib
import socket
from pathlib import Path
from typing import NamedTuple

import torch

from ballgen.data.imageset import ImageSet
from ballgen.errors import InputError
from ballgen.util.torchvision_guard import import_torchvision

SERVER_TIMEOUT = 20.0  # seconds; without a limit a silent network would hold the program for ever


class Dataset(NamedTuple):
    """What a dataset is called in torchvision, its native size in px, and its channels."""

    torchvision_name: str
    size: int
    channels: int


DATASETS = {
    "mnist": Dataset("MNIST", 28, 1),
    "fashion-mnist": Dataset("FashionMNIST", 28, 1),
    "cifar10": Dataset("CIFAR10", 32, 3),
}


def load_dataset(name: str, split: str, root: Path, download: bool = True) -> ImageSet:
    """One split of a named dataset, uint8 (N, C, H, W) as published; "valid" is that of "test".

    Looks in `root` first and downloads what is missing, if it may. Raises `InputError` if there is
    neither a usable copy in `root` nor a network.
    """
    dataset_class = getattr(import_torchvision("datasets"), DATASETS[name].torchvision_name)
    home = root / getattr(dataset_class, "base_folder", f"{dataset_class.__name__}/raw")
    made = [folder for folder in (home, *home.parents) if not folder.exists()]
    timeout = socket.getdefaulttimeout()
    socket.setdefaulttimeout(SERVER_TIMEOUT)
    try:
        found = dataset_class(root, train=split == "train", download=download)
        pixels, labels = torch.as_tensor(found.data), torch.as_tensor(found.targets).long()
        return ImageSet(
            name=name,
            split=split,
            pixels=pixels[:, None] if pixels.ndim == 3 else pixels.permute(0, 3, 1, 2).contiguous(),
            labels=labels,
            # torchvision writes MNIST's classes as "7 - seven".
            class_names=tuple(class_name.split(" - ")[0] for class_name in found.classes),
        )
    except Exception as error:  # of the network, the disk, the server or a damaged file
        reason = (str(error).strip().splitlines() or [type(error).__name__])[-1][:120]
        if home.is_dir() and any(home.iterdir()):
            raise InputError(
                f"{home} does not hold all of {name} ({reason}): complete it, or delete it to get "
                "it anew"
            ) from error
        tried = f" and could not be downloaded ({reason})" if download else ""
        raise InputError(
            f"{name} is not in {root}{tried}: give the folder that holds "
            f"{home.relative_to(root)} with --data-root DIR"
        ) from error
    finally:
        socket.setdefaulttimeout(timeout)
        for folder in made:  # by torchvision, before it tried the network
            with contextlib.suppress(OSError):  # it is not empty
                folder.rmdir()
