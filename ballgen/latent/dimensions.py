"""What each dimension of a code does: how far it moves the picture, and which factor it follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from ballgen.data.factor_kinds import CATEGORICAL, CIRCULAR, LINEAR, SEED, kind, short
from ballgen.errors import InputError

EFFECT_CODES = 6  # codes from which every dimension is moved: enough to rank them
MIN_CORRELATION = 0.15  # a correlation below this names nothing
SYMBOLS = {CATEGORICAL: "η", CIRCULAR: "R", LINEAR: "r", SEED: "r"}


class FactorCorrelation(NamedTuple):
    """The known factor that a dimension follows most.

    factor       as in `ImageSet.factor_names`, e.g. "diameter px"
    correlation  signed for factors on a line; at least 0 for an angle or a class, which have no
                 direction
    """

    factor: str
    correlation: float

    def __str__(self) -> str:
        """ "diameter, r = 0.91", or "no factor" where it follows none."""
        if abs(self.correlation) < MIN_CORRELATION:
            return "no factor"
        figure = f"{self.correlation:.2f}".replace("-", "−")
        return f"{short(self.factor)}, {SYMBOLS[kind(self.factor)]} = {figure}"


def dimension_effects(
    decode: Callable[[Tensor], Tensor], codes: Tensor, count: int = EFFECT_CODES
) -> Tensor:
    """How much each dimension moves the picture, (D,): root mean square change in [0, 1].

    Each dimension of the first `count` codes goes from one standard deviation (of `codes`, (N, D))
    below its own value to one above.
    """
    if len(codes) < 2:
        raise InputError(f"at least 2 codes are needed to see how they spread, got {len(codes)}")
    base, spread = codes[:count], codes.std(0)
    steps = torch.diag(spread)  # (D, D): one row moves one dimension
    ends = [(base[None] + sign * steps[:, None]).flatten(0, 1) for sign in (-1, 1)]
    change = decode(ends[1]) - decode(ends[0])  # (D · count, C, H, W)
    return change.unflatten(0, (codes.shape[1], -1)).square().mean((1, 2, 3, 4)).sqrt()


def dimensions_by_effect(decode: Callable[[Tensor], Tensor], codes: Tensor) -> list[int]:
    """The dimensions, those that move the picture most first."""
    return dimension_effects(decode, codes).argsort(descending=True, stable=True).tolist()


def correlated_factors(
    codes: Tensor, factors: Tensor, names: tuple[str, ...]
) -> list[FactorCorrelation]:
    """Which factor each of the D dimensions of codes (N, D) follows most.

    factors  (N, F) of the same pictures, with the columns `names`; seeds are passed over

    A factor on a line is judged by Pearson's r; an angle by its multiple correlation R with sine
    and cosine (Mardia's circular-linear correlation), so that 359° lies beside 0°; a class by the
    correlation ratio η, the root of the share of variance that lies between the classes.
    """
    if factors.ndim != 2 or len(factors) != len(codes) or factors.shape[1] != len(names):
        raise InputError(
            f"factors must have the shape ({len(codes)}, {len(names)}), got {tuple(factors.shape)}"
        )
    measured = [column for column, name in enumerate(names) if kind(name) != SEED]
    names = tuple(names[column] for column in measured)
    if not measured:
        return [FactorCorrelation("", 0.0)] * codes.shape[1]
    codes, factors = codes.double(), factors[:, measured].double()
    table = torch.stack(
        [_correlations(codes, column, name) for column, name in zip(factors.T, names, strict=True)]
    )  # (F, D)
    best = table.abs().argmax(0)
    return [
        FactorCorrelation(names[factor], float(table[factor, dimension]))
        for dimension, factor in enumerate(best.tolist())
    ]


def _correlations(codes: Tensor, factor: Tensor, name: str) -> Tensor:
    """Of each dimension with one factor: (D,)."""
    if kind(name) == CATEGORICAL:
        return _ratio(codes, factor.unique(return_inverse=True)[1])
    if kind(name) == CIRCULAR:
        radians = torch.deg2rad(factor)
        return _multiple(codes, torch.stack([radians.cos(), radians.sin()], dim=1))
    return _unit(codes).T @ _unit(factor[:, None])[:, 0]


def _unit(columns: Tensor) -> Tensor:
    """Columns without their means and of length 1; a constant column becomes zero."""
    columns = columns - columns.mean(0)
    length = columns.norm(dim=0)
    return torch.where(length > 1e-9, columns / length.clamp(min=1e-9), torch.zeros_like(columns))


def _multiple(codes: Tensor, columns: Tensor) -> Tensor:
    """Multiple correlation of each dimension with the columns together."""
    u, sizes, _ = torch.linalg.svd(_unit(columns), full_matrices=False)
    basis = u[:, sizes > 1e-9]
    return (basis.T @ _unit(codes)).norm(dim=0).clamp(max=1)


def _ratio(codes: Tensor, labels: Tensor) -> Tensor:
    members = torch.nn.functional.one_hot(labels).double()  # (N, K)
    return _multiple_of_groups(_unit(codes), members)


def _multiple_of_groups(unit_codes: Tensor, members: Tensor) -> Tensor:
    """Root of the share of variance between groups: columns have mean 0 and length 1."""
    sums = members.T @ unit_codes  # (K, D)
    return (sums.square() / members.sum(0)[:, None]).sum(0).clamp(max=1).sqrt()
