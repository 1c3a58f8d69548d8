"""Known factors of images as columns of numbers, and the factor that a latent dimension follows."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from torch import Tensor

from ballgen.data.factor_kinds import CATEGORICAL, CIRCULAR, LINEAR, SEED, kind, short
from ballgen.data.imageset import ImageSet
from ballgen.errors import InputError

# How often a ball looks the same in one turn; those that are not named look so once.
SYMMETRY_ORDERS = {"baseball": 2, "volleyball": 3, "american_football": 2, "rugby": 2}
MIN_CORRELATION = 0.15  # below it a dimension follows no factor
SURE = 0.99  # a correlation that chance alone stays below so often is none
SYMBOLS = {CATEGORICAL: "η", CIRCULAR: "R", LINEAR: "r"}

Array = np.ndarray


@dataclass(frozen=True)
class Factor:
    """What is known of each image.

    name     with its unit
    values   float64 (N, K); a label is K columns of 0 and 1, an angle its cosine and sine
    classes  int64 (N,) where it is scored within each class, since each may code it differently
    """

    name: str
    values: Array
    classes: Array | None = None


def known_factors(images: ImageSet) -> list[Factor]:
    """The label, and every factor that varies; an angle in units of its class's own symmetry."""
    labels = images.labels.numpy()
    found = []
    if len(np.unique(labels)) > 1:
        found.append(Factor("class", np.eye(len(images.class_names))[labels]))
    if images.factors is None:
        return found
    columns = dict(zip(images.factor_names, images.factors.double().numpy().T, strict=True))
    for name, column in columns.items():
        if name == "class" or kind(name) == SEED or np.ptp(column) == 0:
            continue  # the label stands above
        if kind(name) != CIRCULAR:
            found.append(Factor(name, _columns(name, column)))
            continue
        ball = short(name).rpartition(" ")[0]  # "ball 2", "" for the one that gives the label
        of_ball = (columns.get(f"{ball} class", labels) if ball else labels).astype(int)
        orders = np.ones(len(of_ball))
        if short(name).endswith("angle"):  # how often a ball repeats itself in a spin is not known
            orders = np.array([SYMMETRY_ORDERS.get(ball, 1) for ball in images.class_names])[
                of_ball
            ]
        found.append(Factor(name, _columns(name, column * orders), of_ball))
    return found


def _columns(name: str, values: Array) -> Array:
    """float64 (N, K) of values (N,): columns on which a code may depend linearly."""
    if kind(name) == CATEGORICAL:
        classes, which = np.unique(values, return_inverse=True)
        return np.eye(len(classes))[which]
    if kind(name) == CIRCULAR:
        radians = np.radians(values)
        return np.stack([np.cos(radians), np.sin(radians)], axis=1)
    return values[:, None]


def _by_chance(count: int, columns: int) -> float:
    """The multiple correlation that `count` independent numbers reach in one of a hundred cases.

    Of many classes and few images it is large: its square has a beta distribution (Fisher 1928).
    """
    from scipy.stats import beta

    if not columns or count <= columns + 1:
        return 1.0
    return math.sqrt(beta.ppf(SURE, columns / 2, (count - 1 - columns) / 2))


class FactorCorrelation(NamedTuple):
    """The known factor that a dimension follows most.

    factor       as in `ImageSet.factor_names`, e.g. "diameter px"
    correlation  signed for linear factors; at least 0 for an angle or a class, which have no
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


def correlated_factors(
    codes: Tensor, factors: Tensor, names: tuple[str, ...]
) -> list[FactorCorrelation]:
    """The factor that each of the D dimensions of codes (N, D) follows most.

    factors  (N, F) of the same images, with the columns `names`; seeds are passed over

    Judged by the multiple correlation of a dimension with the columns of a factor: Pearson's r of a
    linear factor; R with sine and cosine of an angle (Mardia's circular-linear correlation), so
    that 359° lies beside 0°; the correlation ratio η of a class, the root of the share of variance
    that lies between the classes. Raises `InputError` if the factors are not those of the codes'
    images.
    """
    if factors.ndim != 2 or len(factors) != len(codes) or factors.shape[1] != len(names):
        raise InputError(
            f"factors must have the shape ({len(codes)}, {len(names)}), got {tuple(factors.shape)}"
        )
    numbers = codes.double().numpy()
    table = {
        name: _correlations(numbers, name, column)
        for name, column in zip(names, factors.double().numpy().T, strict=True)
        if kind(name) != SEED
    }
    return [
        max(
            (FactorCorrelation(name, float(column[i])) for name, column in table.items()),
            key=lambda found: abs(found.correlation),
            default=FactorCorrelation("", 0.0),
        )
        for i in range(codes.shape[1])
    ]


def _correlations(codes: Array, name: str, values: Array) -> Array:
    """Of each dimension with one factor: (D,); 0 where either does not vary, or where chance
    would have it.
    """
    codes, columns = codes - codes.mean(0), _columns(name, values)
    columns = columns - columns.mean(0)
    explained = columns @ np.linalg.lstsq(columns, codes, rcond=None)[0]
    norms = np.linalg.norm(codes, axis=0)
    sizes = np.linalg.norm(explained, axis=0) / np.where(norms > 1e-9, norms, np.inf)
    sizes[sizes < _by_chance(len(codes), np.linalg.matrix_rank(columns))] = 0
    return sizes * np.sign(columns[:, 0] @ codes) if kind(name) == LINEAR else sizes
