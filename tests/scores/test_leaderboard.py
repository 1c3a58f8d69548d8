from __future__ import annotations

from statistics import fmean

import pytest

from ballgen.errors import InputError
from ballgen.scores.evaluate import evaluate
from ballgen.scores.leaderboard import leaderboard_row, leaderboard_table, pooled, ratio
from ballgen.scores.metrics import MeanAndSd
from ballgen.util.wording import kid_text
from tests.helpers.tiny import tiny_balls, tiny_model


def test_kids_are_pooled_within_and_between_groups():
    joined = pooled([MeanAndSd(1.0, 0.3), MeanAndSd(3.0, 0.4)])
    assert joined.mean == 2
    assert joined.sd == pytest.approx((0.125 + 2.0) ** 0.5)
    assert pooled([MeanAndSd(1.0, 0.3)]) == MeanAndSd(1.0, 0.3)


def test_a_row_holds_what_evaluate_measures():
    balls = tiny_balls(60, "test")
    model = tiny_model("vae", balls).eval()
    steps = []
    found = leaderboard_row("mine", model, balls, seeds=(0, 1), progress=lambda: steps.append(1))
    assert len(steps) == 2
    kids = [evaluate(model, balls, "normal", seed, groups=("kid",))["kid"] for seed in (0, 1)]
    assert kids[0] != kids[1]
    assert found["KID × 1000, N(0, I)"].startswith(kid_text(sum(kids) / 2))
    other = leaderboard_row("mine", model, balls, seeds=(0,), features="random")
    kid = evaluate(model, balls, "normal", 0, "random", groups=("kid",))["kid"]
    assert other["KID × 1000, N(0, I)"].startswith(kid_text(kid))
    both = [evaluate(model, balls, seed=seed, groups=("c2st",)) for seed in (0, 1)]
    accuracies = [scores["c2st_accuracy"] for scores in both]
    table = leaderboard_table([found])
    assert table.splitlines()[2].startswith("| mine")
    assert "real images" in table
    assert f"{fmean(accuracies):.0%} ({min(accuracies):.0%} to {max(accuracies):.0%})" in table


@pytest.mark.parametrize(
    ("own", "said"),
    [(0.001, "1/230"), (0.1, "1/2"), (0.16, "0.7"), (1.518, "6.6"), (-1e-5, "n/a")],
)
def test_the_ratio_reads_well_whichever_prior_is_better(own, said):
    assert ratio(own, 0.23) == said


def test_too_few_images_leave_a_figure_out():
    balls = tiny_balls(30, "test")
    row = leaderboard_row("few", tiny_model("ae", balls).eval(), balls, seeds=(0,))
    assert row["C2ST accuracy"] == "n/a"


def test_too_few_for_a_distance_are_refused_in_a_line():
    balls = tiny_balls(12, "test")
    with pytest.raises(InputError, match=r"few cannot be scored on these images: .*12"):
        leaderboard_row("few", tiny_model("ae", balls).eval(), balls, seeds=(0,))
