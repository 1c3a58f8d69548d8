"""Latent coverage: where a prior's codes fall among the codes that a decoder was trained on.

The codes of test images are split in two halves. One is the reference: it stands for the codes
that the decoder knows. The other is held out: its distances to the nearest reference code are
the unit. Codes of a prior that lie further away are out of support: the decoder never learned what
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
from ballgen.util.checks import generator_of
from ballgen.util.neighbours import nearest_neighbours
from ballgen.util.pca import principal_components

MIN_CODES = 20  # with fewer, a half's distances say nothing
PRIOR_CODES = 1000  # sampled from each prior
SUPPORT_QUANTILE = 0.99  # of held-out codes: further away is out of support
LENGTH_QUANTILES = torch.tensor([0.005, 0.995])  # of held-out codes: shorter or longer is outside
VARIANCE_SHARE = 0.99  # of the codes' variance: what `components_99` counts components for


class LatentCoverage(NamedTuple):
    """Where a prior's codes fall, by their distances to the nearest reference code.

    distance        the median, in units of the held-out codes' own median
    out_of_support  share of the codes further away than 99 % of held-out codes
    beyond_max      share further away than any held-out code
    length          median distance from the reference codes' mean, in code units
    length_outside  share of the codes with a length that 99 % of held-out codes do not have
    spread          standard deviation about their own mean, in that of the reference codes
    """

    distance: float
    out_of_support: float
    beyond_max: float
    length: float
    length_outside: float
    spread: float


@dataclass(frozen=True)
class ReferenceCodes:
    """Codes that a decoder was trained on, and how far from them held-out ones lie.

    In many dimensions few reference codes are far from everything, and what falls into the
    middle between them looks near: the codes' length, measured from their mean, tells.

    codes               float32 (N, D)
    unit                median distance of held-out codes to the nearest of `codes`, in code units
    held_out_distances  sorted distances (M,) of held-out codes, in units of `unit`
    held_out_lengths    sorted distances (M,) of held-out codes from the mean of `codes`
    """

    codes: Tensor
    unit: float
    held_out_distances: Tensor
    held_out_lengths: Tensor

    @classmethod
    def from_codes(cls, codes: Tensor) -> ReferenceCodes:
        """From codes (N, D) in random order: one half is the reference, the other held out.

        Raises `InputError` if they are too few, or so alike that there is no distance to measure.
        """
        _check_codes(codes)
        half = len(codes) // 2
        distances = nearest_neighbours(codes[half:], codes[:half]).distances[:, 0].sort().values
        unit = _unit(distances)
        lengths = (codes[half:] - codes[:half].mean(0)).norm(dim=1).sort().values
        return cls(codes[:half], unit, distances / unit, lengths)

    @classmethod
    def leave_one_out(cls, codes: Tensor) -> ReferenceCodes:
        """From codes (N, D) that are all a reference: each says how far it is from the others.

        Raises `InputError` likewise.
        """
        _check_codes(codes)
        distances = nearest_neighbours(codes, codes, count=2).distances[:, 1].sort().values
        unit = _unit(distances)
        lengths = (codes - codes.mean(0)).norm(dim=1).sort().values
        return cls(codes, unit, distances / unit, lengths)

    @property
    def support_limit(self) -> float:
        """Distance that 99 % of held-out codes stay within, in units."""
        return float(self.held_out_distances.quantile(SUPPORT_QUANTILE))

    @property
    def length_limits(self) -> tuple[float, float]:
        """Between which lengths 99 % of held-out codes lie: others are too short or too long."""
        shortest, longest = self.held_out_lengths.quantile(LENGTH_QUANTILES).tolist()
        return shortest, longest

    def distances(self, codes: Tensor) -> Tensor:
        """float64 (N,): distances of codes (N, D) to the nearest reference code, in units."""
        return nearest_neighbours(codes, self.codes).distances[:, 0] / self.unit

    def lengths(self, codes: Tensor) -> Tensor:
        """float32 (N,): distances of codes (N, D) from the mean of the reference codes."""
        return (codes - self.codes.mean(0)).norm(dim=1)

    def coverage(self, codes: Tensor) -> LatentCoverage:
        """Where codes (N, D) fall."""
        distances, lengths = self.distances(codes), self.lengths(codes)
        shortest, longest = self.length_limits
        return LatentCoverage(
            float(distances.median()),
            float((distances > self.support_limit).float().mean()),
            float((distances > self.held_out_distances[-1]).float().mean()),
            float(lengths.median()),
            float(((lengths < shortest) | (lengths > longest)).float().mean()),
            spread(codes) / spread(self.codes),
        )


def _check_codes(codes: Tensor) -> None:
    if codes.ndim != 2 or len(codes) < MIN_CODES:
        raise InputError(
            f"latent coverage needs at least {MIN_CODES} codes (N, D), got "
            f"{tuple(codes.shape)}: add test images"
        )
    if not torch.isfinite(codes).all():
        raise InputError("codes hold infinite or undefined numbers: the model did not train")


def _unit(distances: Tensor) -> float:
    unit = float(distances.median())
    if unit <= 0:
        raise InputError(
            "half of the held-out images have a code that another image has too, so distances "
            "have no unit: the codes tell the images too little apart"
        )
    return unit


def reference_codes(model: Model, images: ImageSet, seed: int = 0) -> Tensor:
    """Codes float32 (N, D), in random order, like those that the decoder was trained on.

    An autoencoder's are the codes of images. A VAE decodes samples of each image's posterior, which
    fill the dimensions that it does not use with noise, so the means alone would be too few. A
    GAN's generator never sees an image's code: it learned from its own noise. Raises `InputError`
    for images of another shape than the model's.
    """
    generator = generator_of(seed)
    order = torch.randperm(len(images), generator=generator)
    if model.needs_inversion:
        return model.sample_codes(max(len(images), MIN_CODES), seed, "normal")
    return model.sample_posterior(images.images(order), generator)


def prior_codes(model: Model, prior: str, seed: int = 0, count: int = PRIOR_CODES) -> Tensor:
    """Codes (count, D) of a prior, which share no random number with `reference_codes`.

    Raises `InputError` for a prior that the model does not have.
    """
    return model.sample_codes(count, seed + 1, prior)


def spread(codes: Tensor) -> float:
    """Standard deviation of codes (N, D) about their mean, over all dimensions together."""
    return float(codes.var(0).mean().sqrt())


def component_count(codes: Tensor) -> int:
    """How many principal components hold `VARIANCE_SHARE` of the variance of codes (N, D)."""
    shares = principal_components(codes, codes.shape[1]).explained_variance_ratio.cumsum()
    return min(int((shares < VARIANCE_SHARE - 1e-9).sum()) + 1, codes.shape[1])


def gaussian_kl(codes: Tensor) -> float:
    """KL (nats) from the Gaussian of codes (N, D) to N(0, I): how wrong mean and covariance are.

    ½ (tr Σ + |μ|² - D - ln det Σ); a lower bound on the KL of the codes' own distribution, which
    need not be Gaussian. Infinite where some direction is not used at all.
    """
    mean, covariance = codes.double().mean(0), torch.atleast_2d(torch.cov(codes.double().T))
    sign, log_determinant = torch.linalg.slogdet(covariance)
    if sign <= 0:
        return math.inf
    dimensions = codes.shape[1]
    return float(covariance.trace() + mean.square().sum() - dimensions - log_determinant) / 2


def optimal_assignment(codes: Tensor, targets: Tensor) -> Tensor:
    """For each code (N, D) a target of its own among (M, D), M ≥ N, with the shortest total way.

    Jonker and Volgenant 1987.
    """
    from scipy.optimize import linear_sum_assignment

    _, chosen = linear_sum_assignment(torch.cdist(codes, targets).double().numpy())
    return targets[torch.from_numpy(chosen)]


def latent_coverage(model: Model, images: ImageSet, seed: int = 0) -> dict[str, float | int]:
    """Where the model's priors fall among the codes of test images, ready for JSON.

    reference_count, held_out_count   codes in the two halves of the test images
    latent_dim                        dimensions of a code
    unit                              median distance of held-out codes to the nearest reference
    support_limit, held_out_max       distance of 99 % and of all held-out codes, in units
    length                            median distance of held-out codes from the codes' mean
    distance_PRIOR, out_of_support_PRIOR, beyond_max_PRIOR, length_PRIOR, length_outside_PRIOR,
    spread_PRIOR                      see `LatentCoverage`
    components_99                     principal components that hold 99 % of the variance of the
                                      codes that `encode` gives: a VAE's without posterior noise
    plane_variance_share              of that variance in the first two
    code_sd_min, code_sd_max          standard deviation of a dimension; N(0, I) has 1
    gaussian_kl                       nats, see the function; absent where it is infinite
    Raises `InputError` as `ReferenceCodes.from_codes` does, and for images of another shape.
    """
    drawn = {prior: prior_codes(model, prior, seed) for prior in model.priors}
    return coverage_figures(model, images, reference_codes(model, images, seed), drawn)


def prior_figures(reference: ReferenceCodes, drawn: dict[str, Tensor]) -> dict[str, float | int]:
    """The part of `latent_coverage` that tells where codes (N, D) by their prior's name fall."""
    figures: dict[str, float | int] = {
        "reference_count": len(reference.codes),
        "held_out_count": len(reference.held_out_distances),
        "latent_dim": reference.codes.shape[1],
        "unit": reference.unit,
        "support_limit": reference.support_limit,
        "held_out_max": float(reference.held_out_distances[-1]),
        "length": float(reference.held_out_lengths.median()),
    }
    for prior, some in drawn.items():
        coverage = reference.coverage(some)
        figures |= {f"{name}_{prior}": value for name, value in coverage._asdict().items()}
    return figures


def coverage_figures(
    model: Model, images: ImageSet, codes: Tensor, drawn: dict[str, Tensor]
) -> dict[str, float | int]:
    """`latent_coverage` of codes that are there already: `reference_codes`, and some priors'.

    Raises `InputError` likewise.
    """
    figures = prior_figures(ReferenceCodes.from_codes(codes), drawn)
    sd, kl = codes.std(0), gaussian_kl(codes)
    encoded = codes if model.needs_inversion else model.encode(images.images())
    return figures | {
        "components_99": component_count(encoded),
        "plane_variance_share": float(
            principal_components(codes, 2).explained_variance_ratio.sum()
        ),
        "code_sd_min": float(sd.min()),
        "code_sd_max": float(sd.max()),
        **({"gaussian_kl": kl} if math.isfinite(kl) else {}),
    }
