"""Sets of drawn balls: images with their labels and factors."""

from __future__ import annotations

from ballgen.data.imageset import ImageSet
from ballgen.data.sportballs.cache import load_or_draw
from ballgen.data.sportballs.factors import (
    DEFAULT_SETTINGS,
    BallSettings,
    draw_factors,
    factor_names,
)
from ballgen.data.sportballs.render import DRAWER_VERSION, draw_balls
from ballgen.errors import InputError

SPLIT_COUNTS = {"train": 20_000, "test": 2_000}  # images of the built-in set
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
    cache  keep the images in the user's cache folder, and draw none that is there

    Raises `InputError` for another split, or a count below 1.
    """
    if split not in SPLIT_COUNTS:
        raise InputError(f"split {split!r} is unknown: choose from {', '.join(SPLIT_COUNTS)}")
    factors = draw_factors(count, seed, settings, start=_SPLIT_STARTS[split])
    if cache:
        shape = (count, 3, settings.image_size, settings.image_size)
        key = (DRAWER_VERSION, settings, split, seed, count)
        pixels = load_or_draw(key, shape, lambda: draw_balls(factors, settings))
    else:
        pixels = draw_balls(factors, settings)
    names = factor_names(settings)
    classes = [column for column, name in enumerate(names) if name.endswith("class")]
    return ImageSet(
        name="sportballs",
        split=split,
        pixels=pixels,
        labels=factors[:, 0].long(),
        class_names=settings.classes,
        factors=factors,
        factor_names=names,
        object_labels=factors[:, classes].long() if settings.balls > 1 else None,
    )
