"""Disentanglement, completeness and informativeness (DCI) of codes, by known factors.

Eastwood & Williams 2018, "A framework for the quantitative evaluation of disentangled
representations". Informativeness is how well a factor can be predicted from the codes of held-out
images, by a nonlinear and by a linear regression; the importances of random forests say which
dimensions tell it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor

from ballgen.data.factor_kinds import CATEGORICAL, CIRCULAR, SEED, kind, short
from ballgen.data.imageset import ImageSet
from ballgen.errors import InputError
from ballgen.models import Model

MIN_IMAGES = 40  # pictures, of a class for its angle
MAX_IMAGES = 2000  # pictures used: more change no figure that is shown
HELD_OUT = 0.3
RIDGES = (1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2)
NARROWNESSES = (0.3, 1.0, 3.0)  # per variance of the codes
TREES, LEAF = 20, 5
HIGHEST_ORDER = 6  # symmetries that are looked for
ALIKE = 0.3  # of the usual difference between two angles: less is the same ball again

Array = np.ndarray
Kernel = Callable[[Array, Array], Array]


@dataclass(frozen=True)
class Factor:
    """What is known of each picture.

    name     with its unit
    values   float64 (N, K); a label is K columns of 0 and 1, an angle its cosine and sine
    classes  int64 (N,) where it is scored within each class, since each may code it differently
    """

    name: str
    values: Array
    classes: Array | None = None


@dataclass(frozen=True)
class FactorScores:
    """How much the codes tell of one factor, and which dimension tells most.

    informativeness         R² on held-out images by kernel regression, at least 0
    informativeness_linear  the same by linear regression
    dimension               latent dimension, counted from 0, of the highest importance
    importance              its share of the factor's importances
    """

    factor: str
    informativeness: float
    informativeness_linear: float
    dimension: int
    importance: float


@dataclass(frozen=True)
class DCI:
    """Disentanglement, completeness and informativeness of codes.

    disentanglement  1 if each number of the code follows a single factor, weighted by reliance
    completeness     1 if each factor is followed by a single number
    image_count      how many were used, held-out ones included
    importances      float64 (D, F), columns sum to 1
    """

    factors: tuple[FactorScores, ...]
    disentanglement: float
    completeness: float
    image_count: int
    importances: Array


def dci(codes: Tensor, factors: list[Factor], seed: int = 0) -> DCI:
    """DCI scores of codes (N, D) by known factors. Raises `InputError` without factors to score by.

    A factor that is scored class by class is left out where every class has too few pictures.
    """
    if len(codes) < MIN_IMAGES:
        raise InputError(
            f"disentanglement scores need at least {MIN_IMAGES} images, got {len(codes)}"
        )
    factors = [factor for factor in factors if _groups(factor)]
    if not factors:
        raise InputError("nothing is known of these images: neither factors nor several classes")
    numbers = codes.double().numpy()
    grades, importances = [], []
    for factor in factors:
        nonlinear, linear, weights = _score_factor(numbers, factor, seed)
        best = int(weights.argmax())
        grades.append(FactorScores(factor.name, nonlinear, linear, best, float(weights[best])))
        importances.append(weights)
    table = np.stack(importances, axis=1)
    return DCI(tuple(grades), disentanglement(table), completeness(table), len(codes), table)


def model_dci(model: Model, images: ImageSet, seed: int = 0) -> DCI:
    """DCI scores of a model's codes, by the factors that are known of the images.

    Raises `InputError` as `dci` does.
    """
    images = images.stratified_subset(MAX_IMAGES)
    return dci(model.encode(images.images(), fast=True), known_factors(images), seed)


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
        what = kind(name)
        if name == "class" or what == SEED or np.ptp(column) == 0:
            continue  # the label stands above
        if what == CIRCULAR:
            ball = short(name).rpartition(" ")[0]  # "ball 2", "" for the one that gives the label
            of_ball = columns.get(f"{ball} class", labels) if ball else labels
            found.append(_turn(name, column, of_ball.astype(int), images.class_names))
        elif what == CATEGORICAL:
            values, which = np.unique(column, return_inverse=True)
            found.append(Factor(name, np.eye(len(values))[which]))
        else:
            found.append(Factor(name, column[:, None]))
    return found


def _turn(name: str, degrees: Array, labels: Array, class_names: tuple[str, ...]) -> Factor:
    """An angle of balls of these labels; how often a ball repeats itself in a spin is not known."""
    orders = np.ones(len(labels))
    if short(name).endswith("angle"):
        orders = np.array([symmetry_order(ball) for ball in class_names])[labels]
    angle = np.radians(degrees) * orders
    return Factor(name, np.stack([np.cos(angle), np.sin(angle)], axis=1), labels)


@cache
def symmetry_order(ball: str) -> int:
    """How often a ball class looks the same in one turn: 1, unless its drawing says otherwise.

    Drawn at an angle and at 360/k degrees more: an order k is the largest that changes the picture
    by less than `ALIKE` of what an arbitrary turn changes it by.
    """
    from ballgen.data.sportballs.factors import CLASS_NAMES, BallSettings
    from ballgen.data.sportballs.render import draw_balls

    if ball not in CLASS_NAMES:
        return 1
    settings = BallSettings(classes=(ball,))
    middle, diameter = 16.0, 21.0

    def turned(angles: list[float]) -> Tensor:
        rows = [[0, middle, middle, diameter, angle % 360] for angle in angles]
        return draw_balls(torch.tensor(rows), settings).double()

    first = turned([20.0])
    usual = (turned([20.0 + step for step in range(5, 360, 10)]) - first).square().mean()
    orders = range(2, HIGHEST_ORDER + 1)
    changes = (turned([20.0 + 360 / k for k in orders]) - first).square().mean((1, 2, 3))
    return max(
        (k for k, change in zip(orders, changes, strict=True) if change < ALIKE * usual), default=1
    )


def disentanglement(importances: Array) -> float:
    """Of importances (D, F): 1 - entropy of each number's factors, weighted by its reliance."""
    total = importances.sum(1)
    if importances.shape[1] < 2 or total.sum() == 0:
        return 1.0
    scores = 1 - _entropy(importances / np.maximum(total, 1e-12)[:, None]) / math.log(
        importances.shape[1]
    )
    return float((scores * total).sum() / total.sum())


def completeness(importances: Array) -> float:
    """Of importances (D, F): 1 - entropy of each factor's numbers, mean over factors."""
    if len(importances) < 2:
        return 1.0
    shares = importances / np.maximum(importances.sum(0), 1e-12)
    return float((1 - _entropy(shares.T) / math.log(len(importances))).mean())


def _entropy(rows: Array) -> Array:
    """(N,) in nats, of shares (N, K)."""
    return -(rows * np.log(np.maximum(rows, 1e-300))).sum(1)


def _groups(factor: Factor) -> list[Array]:
    """Rows that are scored together: all, or those of each class that has enough."""
    if factor.classes is None:
        return [np.arange(len(factor.values))]
    classes = [np.flatnonzero(factor.classes == label) for label in np.unique(factor.classes)]
    return [rows for rows in classes if len(rows) >= MIN_IMAGES]


def _score_factor(codes: Array, factor: Factor, seed: int) -> tuple[float, float, Array]:
    """R² (nonlinear, linear) and importances (D,) of a factor, averaged over its classes."""
    results, sizes = [], []
    for rows in _groups(factor):
        order = np.random.default_rng(seed).permutation(rows)
        cut = round(len(order) * HELD_OUT)
        results.append(_fit(codes, factor.values, order[cut:], order[:cut], seed))
        sizes.append(len(rows))
    share = np.array(sizes) / sum(sizes)
    nonlinear, linear, weights = (
        sum(part * value for part, value in zip(share, values, strict=True))
        for values in zip(*results, strict=True)
    )
    return float(nonlinear), float(linear), weights


def _fit(
    codes: Array, values: Array, train: Array, test: Array, seed: int
) -> tuple[float, float, Array]:
    """R² (nonlinear, linear) and importances (D,) from training rows to held-out rows."""
    from sklearn.ensemble import RandomForestRegressor

    centre, scale = codes[train].mean(0), np.sqrt(codes[train].var(0).sum()) or 1.0
    inputs = (codes - centre) / scale
    forest = RandomForestRegressor(TREES, min_samples_leaf=LEAF, random_state=seed).fit(
        inputs[train], values[train] if values.shape[1] > 1 else values[train, 0]
    )
    nonlinear, linear = (
        _regress(kernels, inputs, values, train, test)
        for kernels in ([_gaussian(narrowness) for narrowness in NARROWNESSES], [_linear])
    )
    return nonlinear, linear, forest.feature_importances_


def _regress(
    kernels: list[Kernel], inputs: Array, values: Array, train: Array, test: Array
) -> float:
    """R² of kernel ridge regression on held-out rows; kernel and ridge are chosen on training rows.

    A ridge stands for so much noise per picture, where the kernel of a picture with itself is
    about 1.
    """
    cut = len(train) // 4
    inner, outer = train[cut:], train[:cut]

    def predictions(kernel: Kernel, fit: Array, wanted: Array, ridges: tuple[float, ...]):
        sizes, vectors = np.linalg.eigh(kernel(inputs[fit], inputs[fit]))
        middle = values[fit].mean(0)
        turned = vectors.T @ (values[fit] - middle)
        across = kernel(inputs[wanted], inputs[fit]) @ vectors
        for ridge in ridges:
            yield across @ (turned / (sizes.clip(0) + ridge * len(fit))[:, None]) + middle

    tried = [
        (np.square(predicted - values[outer]).mean(), index, ridge)
        for index, kernel in enumerate(kernels)
        for ridge, predicted in zip(RIDGES, predictions(kernel, inner, outer, RIDGES), strict=True)
    ]
    _, index, ridge = min(tried)
    (final,) = predictions(kernels[index], train, test, (ridge,))
    spread = np.square(values[test] - values[test].mean(0)).sum()
    return float(max(0.0, 1 - np.square(final - values[test]).sum() / max(spread, 1e-12)))


def _linear(a: Array, b: Array) -> Array:
    """(N, M) of (N, D) and (M, D)."""
    return a @ b.T


def _gaussian(narrowness: float) -> Kernel:
    """A Gaussian kernel for codes of total variance 1."""

    def kernel(a: Array, b: Array) -> Array:
        squared = np.square(a).sum(1)[:, None] + np.square(b).sum(1) - 2 * a @ b.T
        return np.exp(-narrowness * squared.clip(0))

    return kernel
