"""Copying: do samples lie nearer to the training images than new real images do?"""

from __future__ import annotations

import math
from typing import Any

import torch

from ballgen.errors import InputError
from ballgen.scores.metrics import Array, standard_error
from ballgen.util.neighbours import nearest_neighbours

MANY_COPIES = 0.1  # share of samples
CHANCE = 5  # times as many as expected are still no surprise


def distances_to_nearest(images: Array, train_images: Array) -> torch.Tensor:
    """float64 (N,): Euclidean distances of images (N, C, H, W) to the nearest training image.

    Raises `InputError` if the images differ in size, or there is no training image.
    """
    return nearest_neighbours(images, train_images).distances[:, 0]


def closer_than_held_out(samples: Array, held_out: Array) -> float:
    """How often a sample lies nearer to the training images than a held-out real image does.

    Both are distances (N,) to the nearest training image. 0.5: as near as new real images are;
    towards 1: nearer than that, which is evidence of copying. The Mann-Whitney statistic over both
    counts, as in Meehan et al. 2020, arXiv 2004.05675.

    Raises `InputError` if a side is empty.
    """
    return float(_share_farther(*_both_sides(samples, held_out)).mean())


def share_of_copies(samples: Array, held_out: Array) -> float:
    """The share of samples that lie nearer to a training image than every held-out image does.

    Both are distances (N,) and (M,) to the nearest training image. Where nothing was copied each
    of them is as likely as any other to be the nearest, so by chance it is about 1 / (M + 1).
    Raises `InputError` if a side is empty.
    """
    samples, held_out = _both_sides(samples, held_out)
    return float((samples < held_out.min()).double().mean())


def copies_in_words(scores: dict[str, Any]) -> str:
    """One sentence on the `copies` among scores; "" where they are not among them."""
    if "copies" not in scores:
        return ""
    count, others = scores["copies_count"], scores["copies_held_out"]
    copies = round(scores["copies"] * count)
    verdict = ""
    if scores["copies"] > MANY_COPIES:
        verdict = ": these are copies"
    elif copies <= CHANCE * count / (others + 1):
        verdict = ", as many as chance would have"
    return (
        f"{copies} of {count} samples are nearer to a training image than any of {others} held-out "
        f"images{verdict}."
    )


def closer_se(samples: Array, held_out: Array) -> float:
    """Standard error of `closer_than_held_out`: another draw of both sides would move it so much.

    DeLong et al. 1988. Undefined (nan) if a side has a single image. Raises `InputError` if a side
    is empty.
    """
    samples, held_out = _both_sides(samples, held_out)
    sides = _share_farther(samples, held_out), _share_farther(held_out, samples)
    return math.hypot(*map(standard_error, sides))


def _both_sides(samples: Array, held_out: Array) -> tuple[torch.Tensor, torch.Tensor]:
    samples, held_out = (
        torch.as_tensor(side).double().contiguous() for side in (samples, held_out)
    )
    if len(samples) == 0 or len(held_out) == 0:
        raise InputError("distances to training images need at least one sample and one real image")
    return samples, held_out


def _share_farther(distances: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """float64 (N,): for each distance the share of others above it, ties by half."""
    ordered = others.sort().values
    farther = len(ordered) - torch.searchsorted(ordered, distances, right=True)
    tied = len(ordered) - torch.searchsorted(ordered, distances) - farther
    return (farther + tied / 2) / len(ordered)
