"""Ladders: images in an order that is known, to see whether a score puts them in it.

A score is believed on a kind of images only after it has told undamaged ones from slightly damaged
ones from badly damaged ones. Every step of a ladder holds the same real images, damaged a little
more than in the step before; all are compared with the training images.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from scipy.stats import kendalltau
from torch import Tensor

from ballgen.data.decode import to_image
from ballgen.data.imageset import ImageSet, to_pixels
from ballgen.errors import InputError
from ballgen.scores.features import feature_extractor
from ballgen.scores.metrics import density_and_coverage, squared_mmd
from ballgen.util.seeds import generator_of

MIN_IMAGES = 100  # on each side: below, chance moves a step as far as damage does
MAX_REFERENCE, MAX_DAMAGED = 2000, 500  # images
PASSED = 0.9  # Kendall's τ of a score that puts a ladder in order
MIN_STEPS = 3  # of a ladder
GRID = 4  # patches along a side
BLURS = (0, 0.5, 0.75, 1, 2, 4)  # px of standard deviation, where an image has 32
NOISES = (0, 0.03, 0.06, 0.12, 0.25, 0.5)  # standard deviation, of numbers in [0, 1]
QUALITIES = (None, 75, 50, 25, 10, 5)  # of JPEG
SHUFFLED = (0, 2, 4, 8, 16)  # patches that change places
FADES = (0, 0.1, 0.25, 0.5, 1)  # how far towards the mean image
SHREDDED = (0, 0.01, 0.05, 0.1, 0.25, 0.5)  # share of images with all patches shuffled
MAX_CLASSES_LEFT_OUT = 5

Ladder = list[Tensor]
Score = Callable[[Tensor, Tensor], float]
# Of features of real images and of others; larger is worse.
SCORES: dict[str, Score] = {
    "kid": squared_mmd,
    "coverage": lambda real, others: 1 - density_and_coverage(real, others).coverage,
}


def check_scores(
    reference: ImageSet, images: ImageSet, spaces: Sequence[str], seed: int = 0
) -> dict[str, dict[str, dict[str, float]]]:
    """{ladder: {space: {score: Kendall's τ}}}: 1 where a score puts a ladder in its order.

    reference  real images that every step is compared with, at most 2,000
    images     other real ones, which are damaged, at most 500
    spaces     names of feature spaces, as `feature_extractor` knows them

    Raises `InputError` for fewer than 100 images on a side, or an unknown space.
    """
    for side in (reference, images):
        if len(side) < MIN_IMAGES:
            raise InputError(
                f"ladders need {MIN_IMAGES} images, the {side.split} images of {side.name!r} are "
                f"{len(side)}: give more"
            )
    reference = reference.stratified_subset(min(len(reference), MAX_REFERENCE), seed)
    images = images.stratified_subset(min(len(images), MAX_DAMAGED), seed)
    extractors = {
        name: feature_extractor(name, images.image_shape, reference.images()) for name in spaces
    }
    real = {name: extract(reference.images()) for name, extract in extractors.items()}
    found: dict[str, dict[str, dict[str, float]]] = {}
    for ladder, make in LADDERS.items():
        steps = make(images, generator_of(seed))
        if len(steps) < MIN_STEPS:
            continue
        found[ladder] = {}
        for space, extract in extractors.items():
            features = list(map(extract, steps))
            found[ladder][space] = {
                name: _order(score(real[space], step) for step in features)
                for name, score in SCORES.items()
            }
    return found


def _order(values: Iterable[float]) -> float:
    """Kendall's τ between values and the order they stand in."""
    values = list(values)
    return round(float(kendalltau(range(len(values)), values).statistic), 6)


def _blur(images: ImageSet, generator: torch.Generator) -> Ladder:
    return [_blurred(images.images(), sd * images.image_shape[1] / 32) for sd in BLURS]


def _blurred(images: Tensor, sd: float) -> Tensor:
    if not sd:
        return images
    reach = min(int(3 * sd + 0.5), images.shape[2] - 1)
    weights = torch.exp(-(torch.arange(-reach, reach + 1).float() ** 2) / (2 * sd**2))
    weights = (weights / weights.sum()).expand(images.shape[1], 1, 1, -1)
    for kernel, pad in ((weights, (reach, reach, 0, 0)), (weights.mT, (0, 0, reach, reach))):
        images = F.conv2d(F.pad(images, pad, mode="reflect"), kernel, groups=images.shape[1])
    return images.clamp(0, 1)


def _noise(images: ImageSet, generator: torch.Generator) -> Ladder:
    clean = images.images()
    noise = torch.randn(clean.shape, generator=generator)
    return [(clean + sd * noise).clamp(0, 1) for sd in NOISES]


def _jpeg(images: ImageSet, generator: torch.Generator) -> Ladder:
    return [_compressed(images.images(), quality) for quality in QUALITIES]


def _compressed(images: Tensor, quality: int | None) -> Tensor:
    if quality is None:
        return images
    parts = []
    for pixels in to_pixels(images).numpy():
        file = io.BytesIO()
        to_image(pixels).save(file, "JPEG", quality=quality)
        parts.append(np.atleast_3d(np.asarray(Image.open(file))).transpose(2, 0, 1))
    return torch.from_numpy(np.stack(parts)).float() / 255


def _patches(images: ImageSet, generator: torch.Generator) -> Ladder:
    return [_shuffled(images.images(), count, generator.initial_seed()) for count in SHUFFLED]


def _shuffled(images: Tensor, count: int, seed: int) -> Tensor:
    """The first `count` patches, in an order of each image's own, have moved on by one place."""
    side = images.shape[2] // GRID
    inside = images[:, :, : side * GRID, : side * GRID]
    cells = inside.unfold(2, side, side).unfold(3, side, side).flatten(2, 3).clone()
    orders = torch.rand((len(images), GRID**2), generator=generator_of(seed)).argsort(1)[:, :count]
    rows = torch.arange(len(images))[:, None]
    cells[rows, :, orders] = cells[rows, :, orders.roll(1, 1)]
    inside = cells.unflatten(2, (GRID, GRID)).permute(0, 1, 2, 4, 3, 5)
    moved = images.clone()
    moved[:, :, : side * GRID, : side * GRID] = inside.flatten(4, 5).flatten(2, 3)
    return moved


def _fading(images: ImageSet, generator: torch.Generator) -> Ladder:
    clean = images.images()
    return [clean.lerp(clean.mean(0, keepdim=True).expand_as(clean), share) for share in FADES]


def _shreds(images: ImageSet, generator: torch.Generator) -> Ladder:
    clean = images.images()
    shreds = _shuffled(clean, GRID**2, generator.initial_seed())
    counts = [round(share * len(clean)) for share in SHREDDED]
    return [torch.cat([shreds[:count], clean[count:]]) for count in counts]


def _classes(images: ImageSet, generator: torch.Generator) -> Ladder:
    """One class after the other is left out, while two are left."""
    largest = images.labels.bincount().argsort(descending=True)
    there = [label for label in largest.tolist() if (images.labels == label).any()]
    left_out = range(min(len(there) - 1, MAX_CLASSES_LEFT_OUT + 1))
    clean = images.images()
    return [clean[~torch.isin(images.labels, torch.tensor(there[:count]))] for count in left_out]


LADDERS: dict[str, Callable[[ImageSet, torch.Generator], Ladder]] = {
    "blur": _blur,
    "noise": _noise,
    "JPEG": _jpeg,
    "patches shuffled": _patches,
    "towards the mean image": _fading,
    "shreds mixed in": _shreds,
    "classes left out": _classes,
}
