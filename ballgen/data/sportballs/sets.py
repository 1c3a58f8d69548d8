"""Sets of drawn balls: images with their labels and factors, kept on disk to be drawn only once."""

import contextlib
import hashlib
import io
import zipfile

import numpy as np
import torch

from ballgen.data.imageset import ImageSet
from ballgen.data.sportballs.factors import (
    DEFAULT_SETTINGS,
    BallSettings,
    draw_factors,
    factor_names,
)
from ballgen.data.sportballs.render import DRAWER_VERSION, draw_balls
from ballgen.errors import InputError
from ballgen.util.files import write_file
from ballgen.util.paths import cache_folder

SPLIT_COUNTS = {"train": 20_000, "test": 2_000}  # images of the built-in set
SOURCES = {"lit": "sportballs", "flat": "sportballs-flat"}  # names of the sets, by style
_SPLIT_STARTS = {"train": 0, "test": 2**40}  # far apart in a seed's stream: no image is in both


def make_balls(
    count: int,
    split: str = "train",
    seed: int = 0,
    settings: BallSettings = DEFAULT_SETTINGS,
    cache: bool = False,
) -> ImageSet:
    """Draw the first `count` images of a split, with their labels and factors.

    split  "train" or "test"
    cache  keep the images in the user's cache folder, which may be deleted, and draw none that is
           there
    Raises `InputError` for another split, or a count below 1.
    """
    if split not in SPLIT_COUNTS:
        raise InputError(f"split {split!r} is unknown: choose from {', '.join(SPLIT_COUNTS)}")
    factors = draw_factors(count, seed, settings, start=_SPLIT_STARTS[split])
    key = (DRAWER_VERSION, settings, split, seed, count)
    names = factor_names(settings)
    classes = [column for column, name in enumerate(names) if name.endswith("class")]
    return ImageSet(
        name=SOURCES[settings.style],
        split=split,
        pixels=_load_or_draw(key, factors, settings) if cache else draw_balls(factors, settings),
        labels=factors[:, 0].long(),
        class_names=settings.classes,
        factors=factors,
        factor_names=names,
        object_labels=factors[:, classes].long() if settings.balls > 1 else None,
    )


def _load_or_draw(
    key: tuple[object, ...], factors: torch.Tensor, settings: BallSettings
) -> torch.Tensor:
    """The images of `factors`: those kept under `key`, all that they depend on, else new ones."""
    # A cache only saves time. Where it cannot be found, read or written (no home folder, no rights,
    # full disk, damage), drawing gives the same images: nothing to trouble the user with.
    try:
        path = cache_folder() / f"sportballs-{hashlib.sha256(repr(key).encode()).hexdigest()}.npz"
    except InputError:
        return draw_balls(factors, settings)
    shape = (len(factors), 3, settings.image_size, settings.image_size)
    with contextlib.suppress(OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        with np.load(path, allow_pickle=False) as archive:  # a zip: its checksum is verified
            kept = archive["pixels"]
        if kept.dtype == np.uint8 and kept.shape == shape:
            return torch.from_numpy(kept)
    pixels = draw_balls(factors, settings)
    buffer = io.BytesIO()
    np.savez(buffer, pixels=pixels.numpy())
    with contextlib.suppress(InputError):
        write_file(path, buffer.getbuffer())
    return pixels
