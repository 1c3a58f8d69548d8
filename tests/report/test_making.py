"""What stands in a report, and what stands there where something is missing."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
import torch

from ballgen.errors import InputError
from ballgen.latent.coverage import latent_coverage
from ballgen.report.contents import Conclusions, Note, Report
from ballgen.report.latent import choose_pairs
from ballgen.report.making import make_report
from ballgen.report.reconstructions import Errors
from ballgen.report.writing import report_files, table_csv
from ballgen.scores import verdicts, why
from ballgen.scores.why import answers
from tests.helpers.tiny import tiny_balls

pytestmark = pytest.mark.slow  # the first waits for three models


@pytest.fixture(autouse=True)
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are laid out, but not drawn for print, which takes longer than all the rest."""
    monkeypatch.setattr("ballgen.report.drawing.to_png", lambda *_: b"PNG")


def notes(report: Report) -> str:
    return "\n".join(part.text for part in report.parts if isinstance(part, Note))


def test_it_has_every_part_in_order(report):
    assert [section.heading[:3] for section in report.sections] == [
        "1 ·",
        "2 ·",
        "3 ·",
        "4 ·",
        "Con",
    ]
    assert list(report.figures) == [
        "curves-ae", "curves-vae", "curves-gan", "reconstructions", "samples", "interpolation-ae",
        "interpolation-vae", "interpolation-gan", "map", "distances",
    ]  # fmt: skip
    assert list(report.tables) == [
        "models",
        "settings",
        "losses",
        "reconstruction-errors",
        "metrics",
        "latent",
    ]
    assert report.title == "AE, VAE and GAN on sportballs"
    assert dict(report.facts)["Seed"] == "3"


def test_no_two_parts_share_a_name_and_each_has_a_number(report):
    names = [*report.figures, *report.tables]
    assert len(set(names)) == len(names)
    assert [report.label(name) for name in report.figures] == [f"Figure {n}" for n in range(1, 11)]
    assert report.label("latent") == "Table 6"
    assert report.label("else") == ""


def test_the_scores_in_the_csv_are_those_that_are_stored(report, models):
    header, *rows = csv.reader(io.StringIO(table_csv(report.tables["metrics"])))
    assert header == ["score", "AE", "VAE", "GAN"]
    for place, (_, checkpoint) in enumerate(models, 1):
        stored = {name: str(value) for name, value in checkpoint.scores.items()}
        assert {row[0]: row[place] for row in rows if row[place]} == stored


def test_losses_are_shown_of_what_something_minimises(report, models):
    header, *rows = report.tables["losses"].rows
    assert header == ("", "AE", "VAE", "GAN")
    by_term = {row[0]: row[1:] for row in rows}
    ae, vae, gan = by_term["loss, what is minimised"]
    last = models[0][1].history[-1]
    assert ae == f"{last['loss']:.5g} ({last['val_loss']:.5g})"
    assert vae != "–" and gan == "–"  # two opposed networks minimise no sum
    assert by_term["discriminator loss"][2] == f"{models[2][1].history[-1]['discriminator']:.5g}"


def test_what_is_concluded_is_what_the_pages_say(report, models, balls):
    parts = [part for part in report.parts if isinstance(part, Conclusions)]
    assert [part.title for part in parts] == ["AE", "VAE", "GAN"]
    for part, (_, checkpoint) in zip(parts, models, strict=True):
        family = checkpoint.model.family
        figures = checkpoint.figures | latent_coverage(checkpoint.model, balls, seed=3)
        allowed = [
            *why.causes(figures, family),
            verdicts.copying(figures, family),
            *answers(figures, family, checkpoint.model.fitted_prior),
        ]
        said = [conclusion.verdict for conclusion in part.said]
        assert said[0] == allowed[-len(answers(figures, family, checkpoint.model.fitted_prior))]
        assert [verdict for verdict in said if verdict not in allowed] == []
        assert len(said) == len(set(said)) >= 6
        assert not {verdicts.NOT_YET, verdicts.UNKNOWN} & {verdict.outcome for verdict in said}
    assert list(report.warnings) == [
        (title, verdict)
        for title, (_, one) in zip(("AE", "VAE", "GAN"), models, strict=True)
        for verdict in verdicts.caveats(one.figures, one.model.family)
    ]


def test_of_a_model_that_is_not_trained_yet_nothing_else_is_concluded(untrained, balls):
    report = make_report(untrained[:1], balls)
    (part,) = (part for part in report.parts if isinstance(part, Conclusions))
    ((verdict, _),) = part.said
    assert verdict.outcome.startswith(verdicts.UNTRAINED)
    assert [who for who, _ in report.warnings] == ["AE"]


def test_what_is_concluded_names_a_figure_or_table_that_is_there(report):
    for part in report.parts:
        if isinstance(part, Conclusions):
            assert all(report.label(name) for said in part.said for name in said.shown_in)


def test_the_same_seed_gives_the_same_bytes_and_another_one_other_samples(
    models, balls, monkeypatch
):
    monkeypatch.undo()
    once, again, other = (report_files(make_report(models[:1], balls, seed)) for seed in (3, 3, 4))
    assert once == again
    assert once["samples.png"] != other["samples.png"]


def test_one_model_shows_all_its_settings(models, balls):
    report = make_report([("mine", models[1][1])], balls)
    settings = {name: value for name, value in report.tables["settings"].rows}
    assert settings["network.latent_dim"] == "6 dimensions"
    assert settings["training.batch_size"] == "8 images"
    assert [part.title for part in report.parts if isinstance(part, Conclusions)] == ["VAE, mine"]


def test_two_of_a_family_are_told_apart_and_equal_settings_are_said(models, balls):
    report = make_report([("a", models[0][1]), ("b", models[0][1])], balls)
    assert {"curves-ae", "curves-ae2"} <= report.figures.keys()
    assert "settings" not in report.tables
    assert "same settings" in notes(report)


def test_few_test_images_are_said_and_nothing_is_concluded_of_codes(models, balls):
    report = make_report(models[:1], balls.subset(slice(0, 5)))
    assert "latent coverage needs at least 20 codes" in notes(report)
    assert "nothing is concluded about its codes" in notes(report)
    assert not {"distances", "latent"} & {*report.figures, *report.tables}
    assert "measured on other test images" in notes(report)


def test_a_single_test_image_is_enough(models, balls):
    report = make_report(models, balls.subset(slice(0, 1)))
    assert "too few to interpolate" in notes(report)
    assert not any(name.startswith("interpolation") for name in report.figures)


def test_without_scores_it_says_so_and_concludes_what_it_can(models, balls):
    report = make_report([("ae", replace(models[0][1], scores={}))], balls)
    assert "AE: no scores are stored" in notes(report)
    said = [
        one.verdict for part in report.parts if isinstance(part, Conclusions) for one in part.said
    ]
    assert {verdicts.UNKNOWN} <= {verdict.outcome for verdict in said}
    assert not any("KID" in verdict.evidence and any(c.isdigit() for c in verdict.evidence)
                   for verdict in said)  # fmt: skip


def test_images_of_one_class_are_said(models, balls):
    alike = replace(
        balls, class_names=("image",), labels=torch.zeros(len(balls), dtype=torch.int64)
    )
    report = make_report(models[:1], alike)
    assert "of one class (image)" in notes(report)
    assert "10 interpolations" in report.figures["interpolation-ae"].title


def test_training_without_held_out_images_is_said(models, balls):
    rows = [{k: v for k, v in row.items() if "val_" not in k} for row in models[0][1].history]
    report = make_report([("ae", replace(models[0][1], history=rows))], balls)
    assert "AE: nothing was measured on held-out images" in notes(report)


def test_what_cannot_be_reported_on_is_one_line(models, balls):
    with pytest.raises(InputError, match="no model to report on"):
        make_report([], balls)
    with pytest.raises(InputError, match="same image size"):
        make_report(models, tiny_balls(30, "test"))
    with pytest.raises(InputError, match="at most 6"):
        make_report(models * 3, balls)
    with pytest.raises(InputError, match="no test images"):
        make_report(models, balls.subset(slice(0, 0)))


@pytest.mark.parametrize("classes", [1, 2, 4, 10])
def test_pairs_are_of_two_classes_first_and_of_different_images(classes):
    balls = tiny_balls(60, "test")
    names = tuple(map(str, range(classes)))
    images = replace(balls, labels=torch.arange(60) % classes, class_names=names)
    pairs = choose_pairs(images, seed=0)
    assert len(pairs) == {1: 10, 2: 3}.get(classes, 10)
    mixed = [len({int(images.labels[end]) for end in pair}) == 2 for pair in pairs]
    assert mixed == sorted(mixed, reverse=True)
    assert sum(mixed) == min(10, classes * (classes - 1) // 2)
    ends = [end for pair in pairs for end in pair]
    assert len(set(ends)) == len(ends)
    assert pairs == choose_pairs(images, seed=0) != choose_pairs(images, seed=1)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 12, 50])
def test_the_best_are_better_than_the_median_and_those_than_the_worst(count):
    balls = tiny_balls(count)
    sse = torch.rand(count, generator=torch.Generator().manual_seed(0))
    ranked = Errors(balls, balls.images(), sse).ranked()
    rows = [row for some in ranked.values() for row in some.tolist()]
    assert len(set(rows)) == len(rows)
    assert next(iter(ranked)) == "best"
    assert sse[rows].tolist() == sorted(sse[rows].tolist())
    if count >= 12:
        assert [len(some) for some in ranked.values()] == [4, 4, 4]
        assert sse.median() <= sse[ranked["median"]].max()
        assert sse.median() >= sse[ranked["median"]].min()
