"""Priors: where random codes come from. N(0, I) asks for codes that the decoder never saw."""

from __future__ import annotations

from torch import Tensor

from ballgen.errors import InputError
from ballgen.priors.base import Prior
from ballgen.priors.flow import LatentFlow
from ballgen.priors.gaussian import ClassGaussian, Gaussian, StandardNormal
from ballgen.priors.mixture import GaussianMixture

__all__ = [
    "PRIORS",
    "ClassGaussian",
    "Gaussian",
    "GaussianMixture",
    "LatentFlow",
    "Prior",
    "StandardNormal",
    "check_prior",
    "fit_priors",
]

PRIORS: dict[str, type[Prior]] = {
    prior.name: prior
    for prior in (StandardNormal, Gaussian, ClassGaussian, GaussianMixture, LatentFlow)
}


def check_prior(name: str) -> str:
    """Return `name` if it is a prior's, else raise `InputError` with the known ones."""
    if name not in PRIORS:
        raise InputError(f"unknown prior {name!r}: choose from {', '.join(PRIORS)}")
    return name


def fit_priors(
    names: tuple[str, ...], codes: Tensor, labels: Tensor, precision: str = "fp32"
) -> dict[str, Prior]:
    """Fit each named prior to codes (N, D) and labels (N,).

    precision  in which the flow's network trains; the others compute in float64
    """
    fitted = {}
    for name in names:
        prior = PRIORS[check_prior(name)]()
        if isinstance(prior, LatentFlow):
            prior.precision = precision
        fitted[name] = prior.fit(codes, labels)
    return fitted
