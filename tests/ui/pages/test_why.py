from __future__ import annotations

import json

import pytest
import torch

from ballgen.checkpoint.folder import load_checkpoint
from ballgen.data.imageset import to_pixels
from ballgen.data.sources import load_images
from ballgen.latent.coverage import latent_coverage
from ballgen.scores import verdicts
from ballgen.scores.causes import causes
from ballgen.scores.evaluate import evaluate
from ballgen.ui.why import study
from ballgen.ui.why.samples import unequal_text
from ballgen.ui.widgets.text import plain
from ballgen.util.wording import kid_text, percent
from tests.helpers.reading import pictures, said

pytestmark = pytest.mark.slow  # minutes, or processes of their own


@pytest.fixture
def open_why(open_app, put_first, tiny_checkpoints, monkeypatch, tmp_path):
    """open_why(**query) -> the Why page on the tiny checkpoints, with the query in its link."""
    monkeypatch.setattr(study, "STUDY", tmp_path / "none")
    put_first("why")
    return lambda folder=tiny_checkpoints, **query: open_app(folder, **query)


def held_out(folder, family="ae"):
    record = load_checkpoint(folder / family).record
    return load_images("sportballs", "test", limit=record["data"]["test_images"])


def told(verdict: verdicts.Verdict) -> str:
    """As the page writes it."""
    return f"**{plain(verdict.outcome)}.** {plain(verdict.evidence)}"


def film(app) -> dict:
    return json.loads(app.get_by_key("path").proto.json)


def test_its_sentences_are_those_of_the_checkpoints_figures(open_why, tiny_checkpoints):
    app = open_why()
    assert app.title[0].value == "Why"
    checkpoint = load_checkpoint(tiny_checkpoints / "ae")
    figures = latent_coverage(checkpoint.model, held_out(tiny_checkpoints))
    text = said(app)
    assert told(verdicts.coverage(checkpoint.figures | figures, "ae", "mixture")) in text
    assert "Gibbs steps are left out: they would draw its codes together" in text  # untrained
    assert "against a discriminator" not in text  # what it is used to is no matter yet
    for verdict in causes(checkpoint.figures | figures, "ae"):
        assert told(verdict) in text
    table = app.table[0].value.set_index("Prior")
    assert list(table.index) == ["N(0, I)", "full-covariance Gaussian", "Gaussian mixture"]
    shares = table["Further than 99% of held-out codes"]
    assert shares["N(0, I)"] == percent(figures["out_of_support_normal"])
    scores = checkpoint.scores
    assert table["KID × 1000"]["Gaussian mixture"] == kid_text(scores["kid"], scores["kid_sd"])


def test_only_a_decoder_that_was_fine_tuned_is_said_to_be():
    fine_tuned = {"loss": 1.0, "generator": 0.7}
    assert "codes of the latent flow prior" in unequal_text(fine_tuned, "vae", "flow", 0)
    assert not unequal_text({"loss": 1.0}, "ae", "flow", 0)
    assert not unequal_text(fine_tuned, "gan", "normal", 0)
    assert "again, 4 times" in unequal_text({}, "ae", "flow", 4)


def test_map_and_histogram_stand_in_tables_too(open_why):
    bins, points = (table.value for table in open_why(codes_table="true").dataframe)
    sides = ["test images", "N(0, I)", "Gaussian mixture"]
    assert list(bins.columns) == ["from", "to", *(f"{side}, %" for side in sides)]
    for side in sides:
        assert bins[f"{side}, %"].sum() == pytest.approx(100, abs=2)  # rounded, bin by bin
    assert list(bins["from"][1:]) == list(bins["to"][:-1])
    assert list(points["codes"].unique()) == sides
    data = points[points["codes"] == sides[0]]  # the axes are those in which they vary most
    assert data["first axis"].var() >= data["second axis"].var()


def test_each_prior_answers_with_its_own_samples(open_why, tiny_checkpoints):
    app = open_why()
    model = load_checkpoint(tiny_checkpoints / "ae").model
    for prior in ("normal", "gaussian", "mixture"):
        shown = pictures(app, f"{prior}-images")
        assert torch.equal(shown, to_pixels(model.sample(12, 0, prior))), prior


def test_another_family_is_explained_by_its_own_figures(open_why, tiny_checkpoints):
    app = open_why()
    before = said(app)
    app.segmented_control(key="family").set_value("GAN").run()
    assert not app.exception
    assert "trained on codes of N(0, I) itself" in said(app)
    assert said(app) != before
    gan = load_checkpoint(tiny_checkpoints / "gan")
    figures = gan.figures | latent_coverage(gan.model, held_out(tiny_checkpoints))
    assert told(verdicts.coverage(figures, "gan", "mixture")) in said(app)


def test_another_prior_and_seed_change_the_way(open_why):
    app = open_why()
    first = film(app)
    app.selectbox(key="against").select("full-covariance Gaussian").run()
    second = film(app)
    app.number_input(key="seed").set_value(3).run()
    third = film(app)
    sheets = [one["films"][0]["sheet"] for one in (first, second, third)]
    assert len(set(sheets)) == 3
    assert "full-covariance Gaussian" in second["axes"][0]["label"]


def test_a_link_opens_the_view_it_names(open_why):
    app = open_why(family="VAE", against="full-covariance Gaussian", seed="2", way="16")
    assert len(app.table) == 0  # a link alone computes nothing of another seed
    app.button(key="seed-button").click().run()
    assert app.segmented_control(key="family").value == "VAE"
    assert app.selectbox(key="against").value == "full-covariance Gaussian"
    assert film(app)["position"] == [16]
    assert "100% of the way" in film(app)["axes"][0]["texts"][16]


def test_missing_kids_are_measured_on_demand(open_why, tiny_checkpoints):
    app = open_why()
    assert [metric.value for metric in app.metric].count("not measured") == 1
    app.button(key="measure").click().run()
    assert not app.exception
    model = load_checkpoint(tiny_checkpoints / "ae").model
    kid = evaluate(model, held_out(tiny_checkpoints), "gaussian", groups=("kid",))
    assert app.metric[1].value == kid_text(kid["kid"], kid["kid_sd"])
    assert not [button for button in app.button if button.key == "measure"]


def test_the_known_factors_are_scored_when_the_expander_is_open(open_why):
    assert len(open_why().table) == 1
    app = open_why(factors="true")
    assert len(app.table) == 1  # a link alone computes nothing
    app.button(key="factors-button").click().run()
    assert len(app.table) == 2
    scored = app.table[1].value.set_index("Factor")
    assert list(scored.index)[:2] == ["class", "x px"]
    assert "Disentanglement" in said(app)


def test_without_checkpoints_it_says_how_to_make_some(open_why, tmp_path):
    assert "python train_all.py" in said(open_why(tmp_path))
