from __future__ import annotations

import math
from dataclasses import replace

import pytest

from studies.four_hypotheses.design import AXES, FAMILIES, GUESSES, STUDY
from studies.four_hypotheses.findings import Point, Verdict, finding, points
from studies.four_hypotheses.report import answer, findings_of, paragraph, report
from tests.helpers.made import made_rows

AXIS = {axis.field: axis for axis in AXES}
WIDTH, MIDDLE = AXIS["width"], STUDY.middle.width


def rows_with(kids: dict[int, float], scatter: float = 0.01, seeds: int = 3, **others):
    """Rows of the model size: N(0, I)'s KID per width, with this sd over three seeds."""

    def change(trial):
        width = trial.setting.width
        kid = kids.get(width, 1.5) + scatter * (trial.seed - 1)
        return {"kid_normal": kid} | {k: v[width] for k, v in others.items() if width in v}

    return made_rows(seeds, "size", change)


def verdict(rows) -> Verdict:
    return finding(rows, STUDY, WIDTH, "vae").verdict


def test_points_are_mean_sd_and_count_over_the_seeds():
    rows = rows_with({3: 2.0}, scatter=0.1)
    found = points(rows, STUDY, WIDTH, "ae", "kid_normal")
    assert [one.value for one in found] == list(WIDTH.values)
    value, mean, sd, seeds = found[0]
    assert (value, seeds) == (3, 3)
    assert mean == pytest.approx(2.0) and sd == pytest.approx(0.1)
    assert points(rows, STUDY, WIDTH, "ae", "kl") == []


def test_a_single_seed_has_no_scatter():
    assert points(rows_with({}, seeds=1), STUDY, WIDTH, "vae", "sse")[0] == Point(3, 20, None, 1)


def test_the_verdict_follows_what_the_best_setting_brings_of_the_priors_gain():
    # At the middle N(0, I) has 1.5 and the fitted prior 0.05.
    assert verdict(rows_with({48: 1.45})) == Verdict.NO
    assert verdict(rows_with({48: 1.1})) == Verdict.PARTLY
    assert verdict(rows_with({3: 0.3})) == Verdict.YES
    assert verdict(rows_with({48: 9.0})) == Verdict.NO
    found = finding(rows_with({48: 1.1}), STUDY, WIDTH, "vae")
    assert found.best.value == 48
    assert found.share == pytest.approx(0.4 / 1.45)


def test_what_the_seeds_scatter_decides_nothing():
    kids = {48: 1.1}
    assert verdict(rows_with(kids, scatter=0.05)) == Verdict.PARTLY
    assert verdict(rows_with(kids, scatter=0.5)) == Verdict.NO
    assert finding(rows_with(kids, scatter=0.5), STUDY, WIDTH, "vae").by_chance
    assert finding(rows_with(kids, seeds=1), STUDY, WIDTH, "vae").by_chance is None


def test_a_prior_that_brings_nothing_leaves_the_question_open():
    assert verdict(rows_with({48: 1.0}, kid_flow={MIDDLE: 1.6})) == Verdict.UNKNOWN
    assert "brings nothing" in paragraph(
        rows_with({48: 1.0}, kid_flow={MIDDLE: 1.6}), STUDY, "size"
    )


def test_without_the_middle_or_enough_values_nothing_is_said():
    rows = rows_with({48: 0.1})
    no_middle = [row for row in rows if row.trial.setting.width != MIDDLE]
    two = [row for row in rows if row.trial.setting.width in (MIDDLE, 48)]
    three = [row for row in rows if row.trial.setting.width in (MIDDLE, 24, 48)]
    assert verdict(no_middle) == verdict(two) == verdict([]) == Verdict.UNKNOWN
    assert verdict(three) == Verdict.YES
    said = paragraph(two, STUDY, "size")
    assert "**Not known yet.**" in said and "2 of 5 values are measured" in said


def test_the_paragraph_has_the_rows_figures_and_seeds():
    rows = rows_with({48: 1.1}, kid_flow={48: 0.04}, kid_reconstructions={48: 0.5})
    said = paragraph(rows, STUDY, "size")
    assert said == (
        "**In part: width (AE, VAE).** At the middle setting a fitted prior takes the KID × 1000 "
        "of random samples from 1,500 to 50.0 (AE) and from 1,500 to 50.0 (VAE). "
        "Width, AE: the KID × 1000 from N(0, I) is 1,100 to 1,500 over 5 of 5 values; the best, "
        "48, brings 28% of what the fitted prior brings; with a fitted prior as well it is 40.0, "
        "and rebuilt pictures have 500 instead of 20.0. "
        "Width, VAE: the KID × 1000 from N(0, I) is 1,100 to 1,500 over 5 of 5 values; the best, "
        "48, brings 28% of what the fitted prior brings; with a fitted prior as well it is 40.0, "
        "and rebuilt pictures have 500 instead of 20.0. Seeds behind each point: 3."
    )
    alike = paragraph(rows_with({}), STUDY, "size")
    assert alike.startswith("**No.**") and "none does better than the middle, 12." in alike
    chance = paragraph(rows_with({48: 1.1}, scatter=0.5), STUDY, "size")
    assert "no more than the seeds scatter" in chance
    fewer = [row for row in rows if row.trial.seed == 0 or row.trial.setting.width == 3]
    assert "Seeds behind each point: 1 to 3." in paragraph(fewer, STUDY, "size")
    assert "does not tell how much of it is chance" in paragraph(
        rows_with({48: 1.1}, seeds=1), STUDY, "size"
    )


def test_the_answer_is_the_strongest_and_says_what_is_open():
    rows = made_rows(2, "data", lambda t: {"kid_normal": 0.1} if t.setting.classes == 12 else {})
    found = findings_of(rows, STUDY, "data")
    assert [one.verdict for one in found] == [Verdict.NO, Verdict.NO, Verdict.YES, Verdict.YES]
    assert answer(found) == "Yes: kinds of balls (AE, VAE)"
    amounts = [row for row in made_rows(2, "data") if row.trial.setting.classes == 4]
    assert answer(findings_of(amounts, STUDY, "data")) == "No, as far as it is measured"


def test_the_learned_sigma_is_what_fixed_ones_are_held_against():
    rows = made_rows(3, "training", lambda t: {"kid_normal": 0.2} if t.setting.sigma == 0.5 else {})
    found = finding(rows, STUDY, AXIS["sigma"], "vae")
    assert found.middle.value is None and found.best.value == 0.5
    said = paragraph(rows, STUDY, "training")
    assert "I) is 200 to 1,500 over 7 of 7 values; the best, 0.5, brings 90% of what" in said


def test_the_report_has_every_guess_and_every_axis_of_the_rows():
    text = report(made_rows(), STUDY)
    for question in GUESSES.values():
        assert f"## {question}" in text
    for axis in AXES:
        for family in axis.families:
            assert f"{family.upper()}, {axis.title}" in text
    assert text.count("| 20,000 ") == len(FAMILIES)
    assert report([], STUDY).count("Not known yet") == len(GUESSES)


def test_one_guess_does_not_read_anothers_rows():
    rows = made_rows(3, "latent")
    rows = [replace(row, figures=row.figures | {"kid_normal": math.pi}) for row in rows]
    shared = points(rows, STUDY, WIDTH, "vae", "kid_normal")
    assert [one.value for one in shared] == [MIDDLE]
