from __future__ import annotations

import math

import pytest

from ballgen.recipes import Optimizer
from ballgen.training.schedule import learning_rate


def factors(optimizer: Optimizer, steps: int, *at: int) -> list[float]:
    return [learning_rate(optimizer, step, steps) / optimizer.learning_rate for step in at]


def test_schedules():
    assert factors(Optimizer(schedule="linear"), 8, 0, 4, 6) == [1, 1, 0.5]
    half_way = pytest.approx(0.5 * (1 + math.cos(math.pi / 2)))
    assert factors(Optimizer(schedule="cosine"), 8, 4) == [half_way]
    assert factors(Optimizer(warmup=4), 100, 0, 4, 50) == [pytest.approx(0.2), 1, 1]
