"""What `benchmarks.peers` counts and reads off; its trainings take an hour."""

from __future__ import annotations

import math
import time

import pytest

from benchmarks.peers import errors_at, reached, seconds_to
from benchmarks.peers_trainings import Watch

CURVE = [(10.0, 100, 40.0), (20.0, 200, 10.0), (40.0, 400, 8.0)]


def burn(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_measuring_costs_a_training_no_seconds():
    watch = Watch([0.02, 0.04], lambda: burn(0.2))
    while watch.after_step():
        burn(0.001)
    seconds, steps = [p[0] for p in watch.points], [p[1] for p in watch.points]
    assert seconds == pytest.approx([0.02, 0.04], abs=0.01)
    assert steps[0] < steps[1]
    assert watch.seconds < 0.1


def test_an_error_between_two_points_is_read_off_in_logarithms():
    assert seconds_to(CURVE, 20.0) == pytest.approx(10 * math.sqrt(2))
    assert seconds_to(CURVE, 40.0) == 10
    assert seconds_to(CURVE, 10.0) == pytest.approx(20)
    assert seconds_to(CURVE, 7.0) == math.inf


def test_only_seeds_that_reach_an_error_are_averaged_and_counted():
    assert reached([CURVE, CURVE[:1]], 10.0) == "20 s (1 of 2)"
    assert reached([CURVE], 1.0) == "not in 40 s"


def test_a_cell_holds_only_seeds_measured_at_its_seconds():
    assert errors_at([CURVE, [(19.0, 90, 20.0)]], 20.0) == "15 (10 to 20)"
    assert errors_at([CURVE], 30.0) == "–"
