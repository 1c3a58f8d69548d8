"""Latent coverage: where a prior's codes fall among the codes that a decoder was trained on.

The codes of test images are split in two halves. One is the reference: it stands for the codes
that the decoder knows. The other is held out: its distances to the nearest reference code say what
is usual. Codes of a prior that lie further away are out of support: the decoder never learned what
to make of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from ballgen.data.imageset import ImageSet
from ballgen.errors import InputError
from ballgen.models import Model

MIN_CODES = 20  # codes: with fewer, a half's distances say nothing
PRIOR_CODES = 1000  # codes drawn from each prior
SUPPORT_QUANTILE = 0.99  # share of held-out codes that the limit of usual distances holds
VARIANCE_SHARE = 0.99  # of the codes' variance: what the used directions hold
CHUNK = 512  # rows of a distance matrix held in memory at once


class LatentCoverage(NamedTuple):
    """Where a prior's codes fall, as distances to the nearest reference code.

    distance     the median, in units of the held-out codes' own median
    out_of_support  share of the codes further out than 99 % of held-out codes
    beyond_max   share further out than any held-out code
    """

    distance: float
    out_of_support: float
    beyond_max: float


class Plane(NamedTuple):
    """The plane in which codes vary most.

    centre  (D,)
    axes    (D, 2), orthonormal; a second axis of a one-number code is zero
    variance_share  of the codes' variance that lies in the plane
    """

    centre: Tensor
    axes: Tensor
    variance_share: float

    def project(self, codes: Tensor) -> Tensor:
        """(N, D) → (N, 2)."""
        return (codes - self.centre) @ self.axes


@dataclass(frozen=True)
class ReferenceCodes:
    """Codes that a decoder was trained on, and how far from them held-out ones lie.

    codes               float32 (N, D)
    unit                median distance of held-out codes to the nearest of `codes`, in code units
    held_out_distances  sorted distances (M,) of held-out codes, in units of `unit`
    """

    codes: Tensor
    unit: float
    held_out_distances: Tensor

    @classmethod
    def from_codes(cls, codes: Tensor) -> ReferenceCodes:
        """From codes (N, D) in random order: one half is the reference, the other held out.

        Raises `InputError` if they are too few, or so alike that there is no distance to measure.
        """
        if codes.ndim != 2 or len(codes) < MIN_CODES:
            raise InputError(
                f"latent coverage needs at least {MIN_CODES} codes (N, D), got "
                f"{tuple(codes.shape)}: add test images"
            )
        if not torch.isfinite(codes).all():
            raise InputError("codes hold infinite or undefined numbers: the model did not train")
        half = len(codes) // 2
        distances = nearest_distance(codes[half:], codes[:half]).sort().values
        unit = float(distances.median())
        if unit <= 0:
            raise InputError(
                "half of the held-out pictures have a code that another picture has too, so "
                "distances have no unit: the codes tell the pictures too little apart"
            )
        return cls(codes[:half], unit, distances / unit)

    @property
    def support_limit(self) -> float:
        """Distance that 99 % of held-out codes stay within, in units."""
        return float(self.held_out_distances.quantile(SUPPORT_QUANTILE))

    def distances(self, codes: Tensor) -> Tensor:
        """(N,) distances of codes (N, D) to the nearest reference code, in units."""
        return nearest_distance(codes, self.codes) / self.unit

    def coverage(self, codes: Tensor) -> LatentCoverage:
        """Where codes (N, D) fall."""
        distances = self.distances(codes)
        return LatentCoverage(
            float(distances.median()),
            float((distances > self.support_limit).float().mean()),
            float((distances > self.held_out_distances[-1]).float().mean()),
        )


def nearest_distance(codes: Tensor, references: Tensor) -> Tensor:
    """(N,) Euclidean distance of each code (N, D) to the nearest reference (M, D)."""
    # Not by the matrix product, which loses small distances between large codes to rounding.
    exact = "donot_use_mm_for_euclid_dist"
    parts = [
        torch.cdist(part, references, compute_mode=exact).amin(1) for part in codes.split(CHUNK)
    ]
    return torch.cat(parts)


def reference_codes(model: Model, images: ImageSet, seed: int = 0) -> Tensor:
    """Codes float32 (N, D), in random order, like those that the decoder was trained on.

    An autoencoder's are the codes of pictures. A VAE decodes draws from each picture's posterior,
    which fill the dimensions that it does not use with noise, so the means alone would be too few.
    A GAN's generator never sees a picture's code: it learned from its own noise.
    """
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(images), generator=generator)
    if model.searches_codes:
        return model.sample_codes(max(len(images), MIN_CODES), seed, "normal")
    return model.sample_posterior(images.images(order), generator)


def prior_codes(model: Model, prior: str, seed: int = 0, count: int = PRIOR_CODES) -> Tensor:
    """Codes (count, D) of a prior, which share no random number with `reference_codes`."""
    return model.sample_codes(count, seed + 1, prior)


def principal_plane(codes: Tensor) -> Plane:
    """The first two principal axes of codes (N, D)."""
    centre = codes.mean(0)
    _, sizes, axes = torch.linalg.svd((codes - centre).double(), full_matrices=False)
    variance = sizes.square()
    two = axes[:2].T.float()
    # An axis points either way: the larger half of its numbers decides, on every machine alike.
    two = two * torch.where(two.sum(0) < 0, -1.0, 1.0)
    if two.shape[1] < 2:
        two = torch.cat([two, torch.zeros_like(two)], dim=1)
    return Plane(centre, two, float(variance[:2].sum() / variance.sum().clamp_min(1e-300)))


def component_count(codes: Tensor, share: float = VARIANCE_SHARE) -> int:
    """How many orthogonal directions hold `share` of the variance of codes (N, D)."""
    values = torch.linalg.eigvalsh(_covariance(codes)).flip(0).clamp_min(0)
    within = values.cumsum(0) / values.sum().clamp_min(1e-300)
    return min(int((within < share - 1e-9).sum()) + 1, len(values))


def gaussian_kl(codes: Tensor) -> float:
    """KL (nats) from the Gaussian of codes (N, D) to N(0, I): how wrong centre and spread are.

    ½ (tr Σ + |μ|² - D - ln det Σ); a lower bound on the KL of the codes' own distribution, which
    need not be Gaussian. Infinite where some direction is not used at all.
    """
    covariance, mean = _covariance(codes), codes.double().mean(0)
    sign, log_determinant = torch.linalg.slogdet(covariance)
    if sign <= 0:
        return math.inf
    dimensions = codes.shape[1]
    return float(covariance.trace() + mean.square().sum() - dimensions - log_determinant) / 2


def _covariance(codes: Tensor) -> Tensor:
    """float64 (D, D)."""
    return torch.atleast_2d(torch.cov(codes.double().T))


def optimal_assignment(codes: Tensor, targets: Tensor) -> Tensor:
    """For each code (N, D) a target of its own among (M, D), M ≥ N: together the shortest way.

    The assignment problem, solved exactly (Jonker and Volgenant 1987).
    """
    from scipy.optimize import linear_sum_assignment

    _, chosen = linear_sum_assignment(torch.cdist(codes, targets).double().numpy())
    return targets[torch.from_numpy(chosen)]


def latent_coverage(model: Model, images: ImageSet, seed: int = 0) -> dict[str, float | int]:
    """Figures of where the model's priors fall, ready for JSON. Raises `InputError`.

    reference_count, held_out_count  codes in the two halves of the test pictures
    latent_dim             numbers in a code
    unit                   median distance of held-out codes to the nearest reference code
    support_limit, held_out_max  distance of 99 % and of all held-out codes, in units
    distance_PRIOR, out_of_support_PRIOR, beyond_max_PRIOR   see `LatentCoverage`
    components_99        that hold 99 % of the codes' variance
    plane_variance_share            of that variance in the plane of the map
    code_sd_min, _most    standard deviation of a number of the code; N(0, I) has 1
    gaussian_kl            nats, see the function; absent where it is infinite
    """
    codes = reference_codes(model, images, seed)
    reference = ReferenceCodes.from_codes(codes)
    figures: dict[str, float | int] = {
        "reference_count": len(reference.codes),
        "held_out_count": len(reference.held_out_distances),
        "latent_dim": model.latent_dim,
        "unit": reference.unit,
        "support_limit": reference.support_limit,
        "held_out_max": float(reference.held_out_distances[-1]),
    }
    for prior in model.priors:
        coverage = reference.coverage(prior_codes(model, prior, seed))
        figures |= {f"{name}_{prior}": value for name, value in coverage._asdict().items()}
    spread, kl = codes.std(0), gaussian_kl(codes)
    return figures | {
        "components_99": component_count(codes),
        "plane_variance_share": principal_plane(codes).variance_share,
        "code_sd_min": float(spread.min()),
        "code_sd_max": float(spread.max()),
        **({"gaussian_kl": kl} if math.isfinite(kl) else {}),
    }
