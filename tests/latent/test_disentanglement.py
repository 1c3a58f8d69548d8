from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from ballgen.errors import InputError
from ballgen.latent.disentanglement import (
    Factor,
    completeness,
    dci,
    disentanglement,
    known_factors,
)
from tests.helpers.tiny import tiny_balls

COUNT, FACTORS = 600, 4


def planted(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, (COUNT, FACTORS))


def factors(values: np.ndarray) -> list[Factor]:
    return [Factor(f"factor {i}", values[:, i : i + 1]) for i in range(values.shape[1])]


def tensor(values: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(values).float()


@pytest.fixture(scope="module")
def disentangled():
    values = planted()
    order = [2, 0, 3, 1]
    codes = np.stack([np.tanh(2 * values[:, i]) * (i + 1) for i in order], axis=1)
    return dci(tensor(codes), factors(values)), order


@pytest.fixture(scope="module")
def rotated():
    values = planted()
    pair = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
    turn = np.kron(pair, pair)  # a rotation in which every number holds as much of each factor
    return dci(tensor(values @ turn), factors(values))


def test_one_number_per_factor_is_perfectly_disentangled(disentangled):
    scores, order = disentangled
    assert scores.disentanglement > 0.95
    assert scores.completeness > 0.95
    found = [one.dimension for one in scores.factors]
    assert found == [order.index(i) for i in range(FACTORS)]
    assert min(one.importance for one in scores.factors) > 0.95
    assert min(one.informativeness for one in scores.factors) > 0.98


def test_a_rotation_keeps_what_is_held_and_loses_the_order(rotated):
    assert rotated.disentanglement < 0.3
    assert rotated.completeness < 0.3
    assert min(one.informativeness for one in rotated.factors) > 0.98
    assert min(one.informativeness_linear for one in rotated.factors) > 0.98


def test_what_the_codes_do_not_hold_is_graded_nothing():
    (one,) = dci(tensor(planted(0)), factors(planted(1))[:1]).factors
    assert one.informativeness < 0.05
    assert one.informativeness_linear < 0.05


def test_a_bent_factor_is_held_but_not_straight():
    values = planted()
    (one,) = dci(tensor(values), [Factor("ring", values[:, :1] ** 2)]).factors
    assert one.informativeness > 0.95
    assert one.informativeness_linear < 0.1
    assert one.dimension == 0


def test_a_factor_coded_class_by_class_is_graded_within_each():
    values, labels = planted(), np.arange(COUNT) % 2
    codes = values.copy()
    codes[:, 0] *= np.where(labels == 0, 1, -1)  # the second class has it upside down
    whole = Factor("angle", values[:, :1])
    apart = replace(whole, classes=labels)
    assert dci(tensor(codes), [whole]).factors[0].informativeness < 0.2
    assert dci(tensor(codes), [apart]).factors[0].informativeness > 0.95


def test_scores_of_known_tables():
    perfect = np.eye(3)
    assert disentanglement(perfect) == pytest.approx(1)
    assert completeness(perfect) == pytest.approx(1)
    even = np.full((3, 3), 1 / 3)
    assert disentanglement(even) == pytest.approx(0)
    assert completeness(even) == pytest.approx(0)
    # One number follows both factors, the other none: complete, not disentangled.
    shared = np.array([[1.0, 1.0], [0.0, 0.0]])
    assert disentanglement(shared) == pytest.approx(0)
    assert completeness(shared) == pytest.approx(1)
    lopsided = np.array([[0.75], [0.25]])
    entropy = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25)) / math.log(2)
    assert completeness(lopsided) == pytest.approx(1 - entropy)


def test_images_of_which_only_the_class_is_known():
    images = replace(tiny_balls(60), factors=None, factor_names=())
    assert [factor.name for factor in known_factors(images)] == ["class"]
    nothing = replace(images, labels=torch.zeros(60, dtype=torch.int64))
    assert known_factors(nothing) == []
    with pytest.raises(InputError, match="nothing is known"):
        dci(torch.randn(60, 3), known_factors(nothing))


def test_a_factor_is_left_out_where_its_classes_are_too_small():
    values = planted()[:60]
    small = Factor("angle", values[:, :1], classes=np.arange(60) % 3)
    scores = dci(tensor(values), [*factors(values), small])
    assert [one.factor for one in scores.factors] == [f"factor {i}" for i in range(FACTORS)]


def test_too_few_images_are_refused():
    with pytest.raises(InputError, match="at least 40"):
        dci(torch.randn(10, 3), factors(planted()[:10]))
