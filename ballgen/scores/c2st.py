"""The classifier two-sample test: can a fresh network tell generated images from real ones?

Lopez-Paz & Oquab 2017, arXiv 1610.06545. 50 % right on held-out images is the best that samples
can reach, 100 % means that they give themselves away.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import NamedTuple

import torch
from torch import Tensor

from ballgen.errors import InputError
from ballgen.scores.classifier import fit_classifier

TEST_SHARE = 0.3  # of each side, never trained on
MIN_IMAGES = 50  # on each side: below, the interval spans almost everything


class C2STResult(NamedTuple):
    """accuracy, and the interval that holds the true one with 95 % confidence; all in [0, 1].

    test_count  held-out images that the accuracy was measured on, half of them real
    """

    accuracy: float
    low: float
    high: float
    test_count: int


def c2st(real: Tensor, generated: Tensor, seed: int = 0) -> C2STResult:
    """Train a fresh classifier on real against generated images (N, C, H, W) in [0, 1].

    Both sides are cut to equal counts, so that always guessing one of them earns 50 %.

    Raises `InputError` if the shapes differ or a side has fewer than 50 images.
    """
    if real.ndim != 4 or real.shape[1:] != generated.shape[1:]:
        raise InputError(
            "the two-sample test needs images of one shape on both sides, "
            f"got {tuple(real.shape)} and {tuple(generated.shape)}"
        )
    count = min(len(real), len(generated))
    if count < MIN_IMAGES:
        raise InputError(
            f"the two-sample test needs at least {MIN_IMAGES} images on each side, "
            f"got {len(real)} real and {len(generated)} generated"
        )
    generator = torch.Generator().manual_seed(seed)
    sides = [
        side[torch.randperm(len(side), generator=generator)[:count]] for side in (real, generated)
    ]
    held_out = round(count * TEST_SHARE)

    def labelled(rows: slice) -> tuple[Tensor, Tensor]:
        parts = [side[rows] for side in sides]
        return torch.cat(parts), torch.arange(2).repeat_interleave(len(parts[0]))

    network = fit_classifier(*labelled(slice(held_out, None)), classes=2, seed=seed)
    images, labels = labelled(slice(held_out))
    right = int((network.predict(images) == labels).sum())
    return C2STResult(right / len(labels), *wilson_interval(right, len(labels)), len(labels))


def wilson_interval(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Bounds of a binomial share, sound near 0 and 1 and for few trials. Wilson 1927."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, spread = successes / trials, z * z / trials
    middle = (share + spread / 2) / (1 + spread)
    reach = (spread * (share * (1 - share) + spread / 4)) ** 0.5 / (1 + spread)
    return max(0.0, middle - reach), min(1.0, middle + reach)
