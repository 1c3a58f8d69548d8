from __future__ import annotations

import math

import pytest

from ballgen.models.phase import Phase
from tests.helpers.tiny import tiny_balls, tiny_model, tiny_recipe


def factors(phase: Phase, steps: int, *at: int) -> list[float | None]:
    rates = [phase.rate(step, steps) for step in at]
    return [rate and rate / phase.learning_rate for rate in rates]


def test_schedules():
    linear = Phase.whole(tiny_recipe("gan", schedule="linear"))
    assert factors(linear, 8, 0, 4, 6) == [1, 1, 0.5]
    cosine = Phase.whole(tiny_recipe("gan", schedule="cosine"))
    assert factors(cosine, 8, 4) == [pytest.approx(0.5 * (1 + math.cos(math.pi / 2)))]
    warm = Phase.whole(tiny_recipe("gan", schedule="constant", warmup=4))
    assert factors(warm, 100, 0, 4, 50) == [pytest.approx(0.2), 1, 1]


def test_a_phase_has_its_own_clock():
    late = Phase(1e-3, 0.0, 0.99, "linear", warmup=1, begin=0.5, end=0.9)
    assert late.bounds(100) == (50, 90)
    assert factors(late, 100, 49, 90) == [None, None]
    assert factors(late, 100, 50, 51, 80) == [0.5, 1, pytest.approx(0.5)]


def test_neighbouring_phases_share_no_step_and_leave_none_out():
    model = tiny_model("ae", tiny_balls(8), polish=0.3)
    for steps in range(1, 40):
        for step in range(steps):
            moves = [model.phase(p).rate(step, steps) is not None for p in model.players()]
            assert moves in ([True, False, False], [False, True, True]), (step, steps)


def test_stretches_are_bounded_by_the_players_phases():
    balls = tiny_balls(8)
    assert tiny_model("ae", balls, polish=0.25).stretches() == [(0.0, 0.75), (0.75, 1.0)]
    assert tiny_model("gan", balls).stretches() == [(0.0, 1.0)]
