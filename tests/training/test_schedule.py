from __future__ import annotations

import math

import pytest

from ballgen.recipes import Optimizer
from ballgen.training.schedule import learning_rate


def factors(optimizer: Optimizer, steps: int, *at: int) -> list[float]:
    rates = [learning_rate(optimizer, step, step / steps) for step in at]
    return [rate / optimizer.learning_rate for rate in rates]


def test_schedules():
    assert factors(Optimizer(schedule="linear"), 8, 0, 4, 6) == [1, 1, 0.5]
    half_way = pytest.approx(0.5 * (1 + math.cos(math.pi / 2)))
    assert factors(Optimizer(schedule="cosine"), 8, 4) == [half_way]
    assert factors(Optimizer(warmup=4), 100, 0, 4, 50) == [pytest.approx(0.2), 1, 1]


def test_a_short_stage_leaves_its_warm_up_after_a_tenth():
    rates = factors(Optimizer(warmup=200), 40, 0, 2, 4, 39)
    assert rates == [pytest.approx(1 / 201), pytest.approx(0.5), 1, 1]
