"""The name of a source -> ImageSet: built-in balls, known datasets, folders and .zips."""

import os
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from ballgen.data.decode import resize
from ballgen.data.imageset import ImageSet, check_image_size
from ballgen.data.reading.folders import FolderImages, read_folder
from ballgen.data.sportballs.factors import BallSettings
from ballgen.data.sportballs.sets import SOURCES, SPLIT_COUNTS, make_balls
from ballgen.data.torchvision_sets import DATASETS, load_dataset
from ballgen.errors import InputError
from ballgen.util.checks import check_seed, check_whole, is_whole
from ballgen.util.paths import cache_folder, chosen_path, expand

SPLITS = ("train", "valid", "test")
DATA_ROOT_VARIABLE = "BALLGEN_DATA_ROOT"
DEFAULT_IMAGE_SIZE = 32  # px, where a source has no size of its own
STYLES = {source: style for style, source in SOURCES.items()}  # of the drawn balls
NAMES = (*STYLES, *DATASETS)


def load_images(
    source: str | os.PathLike[str],
    split: str = "train",
    image_size: int | None = None,
    channels: int | None = None,
    limit: int | None = None,
    seed: int = 0,
    data_root: str | os.PathLike[str] | None = None,
    download: bool = True,
    quiet: bool = False,
    read: Callable[..., FolderImages] = read_folder,
) -> ImageSet:
    """Load one split of a source: pixels uint8 (N, C, H, W), labels, class names and factors.

    source      "sportballs" (drawn), "sportballs-flat" (the same as flat icons), "mnist",
                "fashion-mnist", "cifar10", or the path of a folder or .zip in any layout of
                `reading.layouts`; "./mnist" is a folder of that name
    split       "train", "valid" or "test"; a source without "valid" gives "test" in its place
    image_size  px; by default the native one, and 32 for drawn balls and folders
    channels    1 or 3; by default 1 for mnist and fashion-mnist, else 3
    limit       at most this many images, every class in its share
    seed        chooses the images that `limit` keeps; of drawn balls it is always the first
    data_root   folder of the named datasets; by default $BALLGEN_DATA_ROOT, or in the user's cache
    download    what is missing there
    quiet       say in `remarks` alone, and not as a warning, which files were skipped and the like
    read        opens a folder or .zip: `read_folder`, or `read_in_child` for what strangers made
    Raises `InputError` if the source cannot be used.
    """
    if split not in SPLITS:
        raise InputError(f"split {split!r} is unknown: choose from {', '.join(SPLITS)}")
    if image_size is not None:
        check_image_size(image_size)
    if channels is not None and not (is_whole(channels) and channels in (1, 3)):
        raise InputError(f"channels must be 1 or 3, got {channels!r}")
    if limit is not None:
        check_whole("limit", limit, 1)
    check_seed(seed)

    name = _source_name(source)
    native = DATASETS.get(name.lower())
    size = image_size or (native.size if native else DEFAULT_IMAGE_SIZE)
    channels = channels or (native.channels if native else 3)
    if name.lower() in STYLES:
        images = _draw_sportballs(STYLES[name.lower()], split, size, limit)
    elif native:
        root = expand(data_root) if data_root else default_data_root()
        images = load_dataset(name.lower(), split, root, download)
        images = images.stratified_subset(limit or len(images), seed)
    elif name and os.path.exists(expand(name)):
        images = to_image_set(read(name, split, size, channels, limit, seed), split)
    elif Path(name).name != name:
        raise InputError(
            f"data source {name} does not exist: put it back where it was, or give another folder "
            "or .zip"
        )
    else:
        raise InputError(
            f"data source {name!r} is no file or folder here: "
            f"choose {', '.join(NAMES)}, a folder or a .zip"
        )
    pixels = resize(images.pixels.numpy(), size, channels)
    images = replace(images, pixels=torch.from_numpy(pixels))
    for remark in () if quiet else images.remarks:
        warnings.warn(remark, stacklevel=2)
    return images


def to_image_set(found: FolderImages, split: str) -> ImageSet:
    """What was read from a folder or .zip, as an `ImageSet`."""
    labels = torch.from_numpy(found.labels)
    return ImageSet(
        name=found.name,
        split=split,
        pixels=torch.from_numpy(found.pixels),
        labels=labels[:, 0].contiguous(),
        class_names=found.class_names,
        factors=None if found.factors is None else torch.from_numpy(found.factors),
        factor_names=found.factor_names,
        object_labels=labels.contiguous() if labels.shape[1] > 1 else None,
        skipped=found.skipped,
        skipped_files=found.skipped_files,
        remarks=found.remarks,
        understood=found.understood,
        split_sizes=tuple(found.split_sizes),
    )


def canonical(source: str | os.PathLike[str]) -> str:
    """A source's one spelling: names in small letters, paths from the root on.

    Raises `InputError` for a home folder that is not known, or a path that is not in UTF-8 and so
    cannot be written into a record.
    """
    name = _source_name(source)
    if name.lower() in NAMES:
        return name.lower()
    path = str(expand(name).absolute())
    if (shown := path.encode(errors="backslashreplace").decode()) != path:
        raise InputError(
            f"data source {shown} has a name that is not in UTF-8 and cannot be recorded: "
            "rename the file or folder"
        )
    return path


def _source_name(source: str | os.PathLike[str]) -> str:
    name = os.fspath(source) if isinstance(source, os.PathLike) else source
    if not isinstance(name, str):
        raise InputError(
            f"a data source must be text, got {type(source).__name__}: "
            f"choose {', '.join(NAMES)}, a folder or a .zip"
        )
    return name


def default_data_root() -> Path:
    """$BALLGEN_DATA_ROOT where that is set, else "datasets" in the user's cache for ballgen.

    Raises `InputError` for a home folder that is not known.
    """
    return chosen_path(DATA_ROOT_VARIABLE) or cache_folder() / "datasets"


def _draw_sportballs(style: str, split: str, size: int, limit: int | None) -> ImageSet:
    drawn_split = "train" if split == "train" else "test"
    count = min(limit or SPLIT_COUNTS[drawn_split], SPLIT_COUNTS[drawn_split])
    settings = BallSettings(image_size=size, style=style)
    images = make_balls(count, drawn_split, settings=settings, cache=True)
    return replace(images, split=split)
