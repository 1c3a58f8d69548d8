from __future__ import annotations

from statistics import fmean

import pytest

from ballgen.__main__ import parse_arguments
from ballgen.cli.scores import END, START, _named, _with_table, score_checkpoints
from ballgen.errors import InputError
from ballgen.scores.evaluate import evaluate
from ballgen.scores.leaderboard import (
    Spread,
    Standing,
    evaluations,
    standing,
    standings_table,
    together,
)
from tests.helpers.tiny import tiny_balls, tiny_model


def test_spreads_are_joined_within_and_between_groups():
    joined = together([Spread(1.0, 0.3), Spread(3.0, 0.4)])
    assert joined.mean == 2
    assert joined.sd == pytest.approx((0.125 + 2.0) ** 0.5)
    assert together([Spread(1.0, 0.3)]) == Spread(1.0, 0.3)


def test_a_standing_holds_what_evaluate_measures():
    balls = tiny_balls(60, "test")
    model = tiny_model("vae", balls).eval()
    steps = []
    found = standing("mine", model, balls, seeds=(0, 1), progress=lambda: steps.append(1))
    assert len(steps) == evaluations((0, 1))
    kids = [evaluate(model, balls, "normal", seed, groups=("kid",))["kid"] for seed in (0, 1)]
    assert found.normal.mean == pytest.approx(sum(kids) / 2)
    assert kids[0] != kids[1]
    told = [
        evaluate(model, balls, seed=seed, groups=("two_sample",))["two_sample_accuracy"]
        for seed in (0, 1)
    ]
    assert found.told == pytest.approx(fmean(told))
    assert (found.told_low, found.told_high) == (min(told), max(told))
    table = standings_table([found])
    assert table.splitlines()[2].startswith("| mine")
    assert f"{1000 * found.own.mean:.1f} ±" in table and "real pictures" in table


@pytest.mark.parametrize(
    ("own", "ratio"),
    [(0.001, "1/230"), (0.1, "1/2"), (0.16, "0.7"), (1.518, "6.6"), (-1e-5, "n/a")],
)
def test_the_ratio_reads_well_whichever_prior_is_better(own, ratio):
    spreads = {"normal": Spread(0.23, 0), "own": Spread(own, 0), "floor": Spread(0, 0)}
    row = Standing("mine", "flow", 1.0, **spreads, told=None, told_low=None, told_high=None,
                   smallest=None).row()  # fmt: skip
    assert row[4] == ratio


def test_too_few_pictures_leave_a_figure_out():
    balls = tiny_balls(30, "test")
    row = standing("few", tiny_model("ae", balls).eval(), balls, seeds=(0,)).row()
    assert row[5] == "n/a"


def test_too_few_for_a_distance_are_refused_in_a_line():
    balls = tiny_balls(12, "test")
    with pytest.raises(InputError, match=r"few cannot be scored on these pictures: .*12"):
        standing("few", tiny_model("ae", balls).eval(), balls, seeds=(0,))


def test_rows_of_one_name_are_told_apart_by_their_paths():
    assert list(_named(["a/vae", "a/gan/", "b/vae", "a/vae/"])) == ["a/vae", "gan", "b/vae"]


def test_a_table_goes_between_its_marks_and_nowhere_else(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    page = tmp_path / "page.md"
    page.write_bytes(f"before\r\n{START}\r\nold\r\n{END}\r\nafter\n".encode())
    line = ["scores", "checkpoints/ae", "--data", "sportballs", "--limit", "40", "--seeds", "1"]
    score_checkpoints(parse_arguments([*line, "--write", "~/page.md"]))
    text = page.read_bytes().decode()
    assert text.startswith(f"before\r\n{START}\r\n| model")
    assert text.endswith(f"|\r\n{END}\r\nafter\n")
    assert "\nold\r" not in text and "\n| ae" in text


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_of_a_table_end_as_those_around_it(end):
    text = _with_table(end.join(["before", START, "old", END, "after"]), "| a |\n| b |")
    assert text == end.join(["before", START, "| a |", "| b |", END, "after"])


@pytest.mark.parametrize("content", (None, "no mark", f"{END} {START}"))
def test_a_text_without_a_place_is_found_out_before_anything_is_measured(content, tmp_path):
    page = tmp_path / "page.md"
    if content is not None:
        page.write_text(content)
    arguments = parse_arguments(["scores", "nowhere", "--data", "sportballs", "--write", str(page)])
    with pytest.raises(InputError, match="--write"):
        score_checkpoints(arguments)
