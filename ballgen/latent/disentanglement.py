"""Disentanglement, completeness and informativeness (DCI) of codes, by known factors.

Eastwood & Williams 2018, "A framework for the quantitative evaluation of disentangled
representations". Informativeness is how well a factor can be predicted from the codes of held-out
images, by a nonlinear and by a linear regression; the importances of random forests say which
dimensions tell it.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import entr
from torch import Tensor

from ballgen.data.imageset import ImageSet
from ballgen.errors import InputError
from ballgen.latent.factors import Factor, known_factors
from ballgen.models import Model

MIN_IMAGES = 40  # of a class, for a factor that is scored within each
MAX_IMAGES = 2000  # more change no score that is shown
HELD_OUT = 0.3
# Penalties, and widths of the Gaussian kernel, that are tried on codes of total variance 1.
PENALTIES, GAMMAS = np.logspace(-4, 1, 6), (0.3, 1.0, 3.0)
TREES, MIN_LEAF = 20, 5

Array = np.ndarray


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

    disentanglement  1 if each dimension follows a single factor, weighted by its importance
    completeness     1 if each factor is followed by a single dimension
    image_count      how many were used, held-out ones included
    importances      float64 (D, F), columns sum to 1
    """

    factors: tuple[FactorScores, ...]
    disentanglement: float
    completeness: float
    image_count: int
    importances: Array


def dci(codes: Tensor, factors: list[Factor], seed: int = 0) -> DCI:
    """DCI scores of codes (N, D) by known factors.

    A factor that is scored class by class is left out where every class has too few images. Raises
    `InputError` for fewer than 40 images, or without a factor to score by.
    """
    if len(codes) < MIN_IMAGES:
        raise InputError(
            f"disentanglement scores need at least {MIN_IMAGES} images, got {len(codes)}"
        )
    factors = [factor for factor in factors if _groups(factor)]
    if not factors:
        raise InputError("nothing is known of these images: neither factors nor several classes")
    numbers = codes.double().numpy()
    scores, columns = [], []
    for factor in factors:
        nonlinear, linear, importances = _score_factor(numbers, factor, seed)
        best = int(importances.argmax())
        scores.append(FactorScores(factor.name, nonlinear, linear, best, float(importances[best])))
        columns.append(importances)
    table = np.stack(columns, axis=1)
    return DCI(tuple(scores), disentanglement(table), completeness(table), len(codes), table)


def model_dci(model: Model, images: ImageSet) -> DCI:
    """DCI scores of a model's codes, by the factors that are known of the images.

    Raises `InputError` as `dci` does, and for images of another shape than the model's.
    """
    images = images.stratified_subset(MAX_IMAGES)
    return dci(model.encode(images.images(), fast=True), known_factors(images))


def disentanglement(importances: Array) -> float:
    """Of importances (D, F): 1 - entropy of each dimension's factors, weighted by importance."""
    total = importances.sum(1)
    if importances.shape[1] < 2 or total.sum() == 0:
        return 1.0
    shares = importances / np.maximum(total, 1e-12)[:, None]
    scores = 1 - entr(shares).sum(1) / math.log(importances.shape[1])
    return float((scores * total).sum() / total.sum())


def completeness(importances: Array) -> float:
    """Of importances (D, F): 1 - entropy of each factor's dimensions, mean over factors."""
    if len(importances) < 2:
        return 1.0
    shares = importances / np.maximum(importances.sum(0), 1e-12)
    return float((1 - entr(shares).sum(0) / math.log(len(importances))).mean())


def _groups(factor: Factor) -> list[Array]:
    """Rows that are scored together: all, or those of each class that has enough."""
    if factor.classes is None:
        return [np.arange(len(factor.values))]
    classes = [np.flatnonzero(factor.classes == label) for label in np.unique(factor.classes)]
    return [rows for rows in classes if len(rows) >= MIN_IMAGES]


def _score_factor(codes: Array, factor: Factor, seed: int) -> tuple[float, float, Array]:
    """R² (nonlinear, linear) and importances (D,) of a factor, averaged over its classes."""
    groups = _groups(factor)
    results = [_score_rows(codes[rows], factor.values[rows], seed) for rows in groups]
    weights = [len(rows) for rows in groups]
    nonlinear, linear, importances = (
        np.average(values, axis=0, weights=weights) for values in zip(*results, strict=True)
    )
    return float(nonlinear), float(linear), importances


def _score_rows(codes: Array, values: Array, seed: int) -> tuple[float, float, Array]:
    """R² on held-out rows (nonlinear, linear) and importances (D,) on the others.

    Penalty and kernel are chosen on training rows alone.
    """
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.kernel_ridge import KernelRidge
    from sklearn.linear_model import RidgeCV
    from sklearn.metrics import r2_score
    from sklearn.model_selection import GridSearchCV, ShuffleSplit, train_test_split

    train, test, known, hidden = train_test_split(
        codes, values, test_size=HELD_OUT, random_state=seed
    )
    mean, scale = train.mean(0), np.sqrt(train.var(0).sum()) or 1.0
    train, test, middle = (train - mean) / scale, (test - mean) / scale, known.mean(0)
    nonlinear = GridSearchCV(
        KernelRidge(kernel="rbf"),
        {"alpha": PENALTIES, "gamma": GAMMAS},
        scoring="neg_mean_squared_error",
        cv=ShuffleSplit(1, test_size=0.25, random_state=seed),
    )
    scores = []
    for regression in (nonlinear, RidgeCV(PENALTIES)):
        predicted = regression.fit(train, known - middle).predict(test).reshape(hidden.shape)
        r2 = r2_score(hidden - middle, predicted, multioutput="variance_weighted")
        scores.append(max(0.0, r2))
    forest = RandomForestRegressor(TREES, min_samples_leaf=MIN_LEAF, random_state=seed)
    forest.fit(train, known if known.shape[1] > 1 else known[:, 0])
    return *scores, forest.feature_importances_
