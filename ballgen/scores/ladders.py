"""Ladders: images in an order that is known, to see whether a score puts them in it.

A score is believed on a kind of images only after it has told undamaged ones from slightly damaged
ones from badly damaged ones. Every step of a ladder holds the same real images, damaged a little
more than in the step before; all are compared with other real images.

A step of 1 % shuffled images moves a score less than chance does, by which images were damaged and
which they are compared with. So the real images are dealt into two halves, each half is damaged in
turn and compared with the other, and in a step that damages a share of the images each of them is
damaged once; a step's score is the mean. What the halves differ by from the start has opposite
signs in the two, and drops out.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from statistics import fmean

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from scipy.stats import kendalltau
from torch import Tensor

from ballgen.data.decode import to_image
from ballgen.data.imageset import ImageSet, to_pixels
from ballgen.errors import InputError
from ballgen.scores.features import Extractor, feature_extractor
from ballgen.scores.metrics import density_and_coverage, squared_mmd
from ballgen.util.checks import generator_of
from ballgen.util.progress import with_progress

MIN_IMAGES = 200  # in both halves: of fewer, 1 % is not one image
MAX_IMAGES = 1000
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

Steps = list[
    list[Tensor]
]  # of a ladder, best first: the rows of each draw, whose scores' mean counts
Ladder = tuple[Tensor, Steps]  # images (M, C, H, W) and the steps that they make
Taus = dict[str, dict[str, dict[str, float]]]  # {ladder: {space: {score: Kendall's τ}}}
Score = Callable[[Tensor, Tensor], float]
# Of features of real images and of others; larger is worse.
SCORES: dict[str, Score] = {
    "kid": squared_mmd,
    "coverage": lambda real, others: 1 - density_and_coverage(real, others).coverage,
}


def check_scores(images: ImageSet, spaces: Sequence[str], seed: int = 0) -> Taus:
    """Kendall's τ of each score in each space on ladders of damage: 1 is their known order.

    images  real ones, of which 1,000 are used at most
    spaces  names of feature spaces, as `feature_extractor` knows them
    Raises `InputError` for fewer than 200 images, or an unknown space.
    """
    check_count(images)
    images = images.stratified_subset(min(len(images), MAX_IMAGES), seed)
    chance = generator_of(seed)
    halves = [
        images.subset(rows) for rows in torch.randperm(len(images), generator=chance).chunk(2)
    ]
    compared = [_compared(half.images(), spaces) for half in halves]
    found: dict[str, list[np.ndarray]] = {ladder: [] for ladder in LADDERS}
    tasks = list(product(LADDERS, zip(compared, halves[::-1], strict=True)))
    for ladder, (real, damaged) in with_progress(tasks, "damaging images", len(tasks)):
        pool, steps = LADDERS[ladder](damaged, chance)
        found[ladder].append(_values(real, pool, {ladder: steps})[ladder])
    means = {ladder: _mean(values) for ladder, values in found.items()}
    return {
        ladder: _taus(mean, spaces) for ladder, mean in means.items() if mean.shape[-1] >= MIN_STEPS
    }


def order_ladders(
    real: Tensor, images: Tensor, ladders: Mapping[str, Steps], spaces: Sequence[str]
) -> Taus:
    """The same of ladders that were made elsewhere.

    real     images (N, C, H, W) in [0, 1] that each step is compared with
    images   (M, C, H, W) in [0, 1], of all ladders together
    ladders  which of them each step holds, by the ladder's name
    Raises `InputError` for an unknown space.
    """
    values = _values(_compared(real, spaces), images, ladders)
    return {ladder: _taus(found, spaces) for ladder, found in values.items()}


def check_count(images: ImageSet) -> None:
    """Raises `InputError` where there are too few for a ladder."""
    if len(images) < MIN_IMAGES:
        raise InputError(
            f"ladders need {MIN_IMAGES} images, the {images.split} images of {images.name!r} are "
            f"{len(images)}: give more"
        )


def _compared(real: Tensor, spaces: Sequence[str]) -> list[tuple[Extractor, Tensor]]:
    """Of every space its extractor, and the features of the real images."""
    extractors = [feature_extractor(space, tuple(real.shape[1:]), real) for space in spaces]
    return [(extract, extract(real)) for extract in extractors]


def _values(
    compared: list[tuple[Extractor, Tensor]], images: Tensor, ladders: Mapping[str, Steps]
) -> dict[str, np.ndarray]:
    """{ladder: (spaces, scores, steps)}."""
    found: dict[str, list[list[list[float]]]] = {ladder: [] for ladder in ladders}
    for extract, real in compared:
        features = extract(images)
        for ladder, steps in ladders.items():
            found[ladder].append(
                [
                    [fmean(score(real, features[rows]) for rows in draws) for draws in steps]
                    for score in SCORES.values()
                ]
            )
    return {ladder: np.array(values) for ladder, values in found.items()}


def one_draw(sets: Sequence[Tensor]) -> Ladder:
    """A ladder of sets of images: each step holds one of them, whole."""
    rows = torch.arange(sum(map(len, sets))).split([len(images) for images in sets])
    return torch.cat(list(sets)), [[step] for step in rows]


def _mean(values: list[np.ndarray]) -> np.ndarray:
    """Over both halves. A rare class may be in one half alone, whose ladder has a step more."""
    steps = min(each.shape[-1] for each in values)
    return np.mean([each[..., :steps] for each in values], axis=0)


def _taus(values: np.ndarray, spaces: Sequence[str]) -> dict[str, dict[str, float]]:
    """{space: {score: Kendall's τ}} between values (spaces, scores, steps) and their order."""
    return {
        space: {
            score: round(float(kendalltau(range(len(steps)), steps).statistic), 6)
            for score, steps in zip(SCORES, of_scores, strict=True)
        }
        for space, of_scores in zip(spaces, values, strict=True)
    }


def _blur(images: ImageSet, generator: torch.Generator) -> Ladder:
    return one_draw([_blurred(images.images(), sd * images.image_shape[1] / 32) for sd in BLURS])


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
    return one_draw([(clean + sd * noise).clamp(0, 1) for sd in NOISES])


def _jpeg(images: ImageSet, generator: torch.Generator) -> Ladder:
    return one_draw([_compressed(images.images(), quality) for quality in QUALITIES])


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
    clean, seed = images.images(), generator.initial_seed()
    return one_draw([_shuffled(clean, count, seed) for count in SHUFFLED])


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
    mean = clean.mean(0, keepdim=True).expand_as(clean)
    return one_draw([clean.lerp(mean, share) for share in FADES])


def _patch_shuffled(images: ImageSet, generator: torch.Generator) -> Ladder:
    """Of 1 % there are a hundred draws, so that each image is a shred in one of them."""
    clean = images.images()
    shuffled = _shuffled(clean, GRID**2, generator.initial_seed())
    rows = torch.arange(len(clean))
    order = torch.randperm(len(clean), generator=generator)
    parts = [order.tensor_split(round(1 / share)) if share else [order[:0]] for share in SHREDDED]
    draws = [[rows + len(clean) * torch.isin(rows, part) for part in step] for step in parts]
    return torch.cat([clean, shuffled]), draws


def _classes(images: ImageSet, generator: torch.Generator) -> Ladder:
    """One class after the other is left out, while two are left."""
    largest = images.labels.bincount().argsort(descending=True, stable=True)
    there = [label for label in largest.tolist() if (images.labels == label).any()]
    left_out = range(min(len(there) - 1, MAX_CLASSES_LEFT_OUT + 1))
    kept = [~torch.isin(images.labels, torch.tensor(there[:count])) for count in left_out]
    return images.images(), [[rows.nonzero()[:, 0]] for rows in kept]


LADDERS: dict[str, Callable[[ImageSet, torch.Generator], Ladder]] = {
    "blur": _blur,
    "noise": _noise,
    "JPEG": _jpeg,
    "patches shuffled": _patches,
    "towards the mean image": _fading,
    "patch-shuffled images mixed in": _patch_shuffled,
    "classes left out": _classes,
}
