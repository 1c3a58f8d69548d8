from __future__ import annotations

from statistics import fmean

import pytest

from ballgen.errors import InputError
from ballgen.scores.evaluate import evaluate
from ballgen.scores.leaderboard import (
    LeaderboardRow,
    Spread,
    evaluation_count,
    leaderboard_row,
    leaderboard_table,
    pooled,
)
from tests.helpers.tiny import tiny_balls, tiny_model


def test_spreads_are_joined_within_and_between_groups():
    joined = pooled([Spread(1.0, 0.3), Spread(3.0, 0.4)])
    assert joined.mean == 2
    assert joined.sd == pytest.approx((0.125 + 2.0) ** 0.5)
    assert pooled([Spread(1.0, 0.3)]) == Spread(1.0, 0.3)


def test_a_row_holds_what_evaluate_measures():
    balls = tiny_balls(60, "test")
    model = tiny_model("vae", balls).eval()
    steps = []
    found = leaderboard_row("mine", model, balls, seeds=(0, 1), progress=lambda: steps.append(1))
    assert len(steps) == evaluation_count((0, 1))
    kids = [evaluate(model, balls, "normal", seed, groups=("kid",))["kid"] for seed in (0, 1)]
    assert found.kid_normal.mean == pytest.approx(sum(kids) / 2)
    assert kids[0] != kids[1]
    accuracies = [
        evaluate(model, balls, seed=seed, groups=("c2st",))["c2st_accuracy"] for seed in (0, 1)
    ]
    assert found.c2st_accuracy == pytest.approx(fmean(accuracies))
    assert (found.c2st_min, found.c2st_max) == (min(accuracies), max(accuracies))
    table = leaderboard_table([found])
    assert table.splitlines()[2].startswith("| mine")
    assert f"{1000 * found.kid.mean:.1f} ±" in table and "real images" in table


@pytest.mark.parametrize(
    ("own", "ratio"),
    [(0.001, "1/230"), (0.1, "1/2"), (0.16, "0.7"), (1.518, "6.6"), (-1e-5, "n/a")],
)
def test_the_ratio_reads_well_whichever_prior_is_better(own, ratio):
    kids = Spread(0.23, 0), Spread(own, 0), Spread(0, 0)
    row = LeaderboardRow("mine", "flow", 1.0, *kids, None, None, None, None).row()
    assert row[4] == ratio


def test_too_few_pictures_leave_a_figure_out():
    balls = tiny_balls(30, "test")
    row = leaderboard_row("few", tiny_model("ae", balls).eval(), balls, seeds=(0,)).row()
    assert row[5] == "n/a"


def test_too_few_for_a_distance_are_refused_in_a_line():
    balls = tiny_balls(12, "test")
    with pytest.raises(InputError, match=r"few cannot be scored on these pictures: .*12"):
        leaderboard_row("few", tiny_model("ae", balls).eval(), balls, seeds=(0,))
