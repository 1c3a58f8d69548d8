"""Priors: the distributions of latent codes that samples are drawn from.

A prior of your own is a subclass of `Prior` in `PRIORS`, with its name in `recipes.FittedPrior` and
its words for people in `util/wording.py`.
"""

import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from torch import Tensor

from ballgen.errors import InputError
from ballgen.priors.base import Prior
from ballgen.priors.flow import LatentFlow
from ballgen.priors.gaussian import Gaussian, StandardNormal
from ballgen.priors.mixture import ClassGaussian, GaussianMixture
from ballgen.util.progress import OnProgress, unwatched

PRIORS: dict[str, type[Prior]] = {
    prior.name: prior
    for prior in (StandardNormal, Gaussian, ClassGaussian, GaussianMixture, LatentFlow)
}


def check_prior(name: str) -> str:
    """Return `name` if it is a prior's. Raises `InputError`, with the known names, if not."""
    if name not in PRIORS:
        raise InputError(f"unknown prior {name!r}: choose from {', '.join(PRIORS)}")
    return name


def fit_priors(
    names: Iterable[str],
    codes: Tensor,
    labels: Tensor,
    precision: str = "fp32",
    max_seconds: float = math.inf,
    on_progress: OnProgress = unwatched,
    flow: Mapping[str, int] = MappingProxyType({}),
) -> dict[str, Prior]:
    """Fit each named prior to codes float (N, D) and labels int64 (N,).

    precision    in which the flow's network trains, "fp32" or "bf16"; the others compute in float64
    max_seconds  of that training
    on_progress  is told what share of that training is done: the others take a second
    flow         what else `LatentFlow` is made with, as {"steps": 1400}
    Raises `InputError` if a name is unknown, if there are too few codes, or if one is not finite.
    """
    fitted = {}
    for name in names:
        kind = PRIORS[check_prior(name)]
        if kind is LatentFlow:
            prior = kind(
                **flow, precision=precision, max_seconds=max_seconds, on_progress=on_progress
            )
        else:
            prior = kind()
        fitted[name] = prior.fit(codes, labels)
    return fitted
