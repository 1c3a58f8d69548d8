from __future__ import annotations

import json

import pytest
import torch

from ballgen.checkpoint.folder import load_checkpoint
from ballgen.data.imageset import to_pixels
from ballgen.data.sources import load_images
from ballgen.latent.coverage import latent_coverage
from ballgen.scores.evaluate import evaluate
from ballgen.scores.why import answers, causes
from ballgen.ui.session.scoring import _measured
from ballgen.ui.why.priors import unequal_text
from ballgen.ui.widgets.text import escaped
from ballgen.util.wording import kid_text, percent
from tests.helpers.reading import images_of, said
from tests.helpers.scores import rescore

pytestmark = pytest.mark.slow  # minutes, or processes of their own


@pytest.fixture
def open_why(open_app, put_first, tiny_checkpoints):
    """open_why(folder, **query) -> the page, which opens first, with the query in its link."""
    put_first("why")
    return lambda folder=tiny_checkpoints, **query: open_app(folder, **query)


def held_out(folder, family="ae"):
    record = load_checkpoint(folder / family).record
    return load_images("sportballs", "test", limit=record["data"]["test_images"])


def film(app) -> dict:
    return json.loads(app.get_by_key("path").proto.json)


def test_three_cards_say_what_the_figures_say_each_with_its_picture(open_why, trained):
    app = open_why(trained)
    assert app.title[0].value == "Why samples fail"
    checkpoint = load_checkpoint(trained / "ae")
    figures = checkpoint.figures | latent_coverage(checkpoint.model, held_out(trained))
    expected = answers(figures, "ae", "mixture")
    assert len(expected) == 3
    assert sorted(one.value for one in app.metric) == sorted(one.outcome for one in expected)
    text = said(app)
    for verdict in expected:
        assert escaped(verdict.evidence) in text
    model = checkpoint.model
    for prior in ("normal", "mixture"):
        assert torch.equal(images_of(app, f"{prior}-images"), to_pixels(model.sample(6, 0, prior)))
    images = held_out(trained).images(slice(0, 6))
    assert torch.equal(images_of(app, "reconstruction-images", 0), to_pixels(images))
    rebuilt = images_of(app, "reconstruction-images", 1)
    assert torch.equal(rebuilt, to_pixels(model.reconstruct(images)))
    (chart,) = (one.proto.body for one in app.get("html") if "Histogram" in one.proto.body)
    assert chart.count("clip-path") == 2


def test_the_first_view_is_short(open_why, trained):
    app = open_why(trained)
    words = " ".join([said(app), *(one.value for one in (*app.subheader, *app.metric))])
    assert len(words.split()) < 300


@pytest.mark.parametrize("family", ["AE", "GAN"])
def test_a_model_that_learned_nothing_gets_one_card_and_no_diagnosis(
    open_why, family, own_checkpoints
):
    nothing = {"mse": 0.1, "mse_train": 0.1, "kid_normal": 9.0, "kid_real": 0.0, "kid_noise": 9.0}
    app = open_why(rescore(own_checkpoints, nothing), family=family)
    assert [one.value for one in app.metric] == ["Train longer, then ask"]
    assert len(app.subheader) == 1 and not app.tabs
    assert "Train" in [link.proto.label for link in app.get("page_link")]


def test_a_gan_gets_one_card(open_why, own_checkpoints):
    known = {"kid_normal": 0.01, "kid_real": 0.0, "kid_noise": 9.0, "kid_mean_image": 9.0}
    app = open_why(rescore(own_checkpoints, known), family="GAN")
    assert [one.value for one in app.metric] == ["No"]
    assert "trained on draws of N(0, I) itself" in said(app)
    assert len(app.tabs)


def test_only_the_open_tab_is_filled(open_why, trained):
    app = open_why(trained)
    assert not app.table and "its median is 1" in said(app)
    assert not open_why(trained, tab="Interpolation").table


def test_causes_are_those_of_the_checkpoints_figures(open_why, trained):
    app = open_why(trained, tab="Would other training help?")
    checkpoint = load_checkpoint(trained / "ae")
    figures = checkpoint.figures | latent_coverage(checkpoint.model, held_out(trained))
    assert escaped(causes(figures, "ae")[1].evidence) not in said(app)  # a link alone asks nothing
    app.button(key="tab-button").click().run()
    for verdict in causes(figures, "ae"):
        assert f"**{escaped(verdict.outcome)}.** {escaped(verdict.evidence)}" in said(app)


def test_all_priors_stand_in_one_table(open_why, trained):
    app = open_why(trained, tab="All priors")
    assert list(app.table[0].value.columns) == ["Prior", "KID × 1000", "Gibbs steps"]
    app.button(key="tab-button").click().run()
    table = app.table[0].value.set_index("Prior")
    assert list(table.index) == ["N(0, I)", "full-covariance Gaussian", "Gaussian mixture"]
    checkpoint = load_checkpoint(trained / "ae")
    figures = latent_coverage(checkpoint.model, held_out(trained))
    shares = table["Further than 99% of held-out latents"]
    assert shares["N(0, I)"] == percent(figures["out_of_support_normal"])
    scores = checkpoint.scores
    assert table["KID × 1000"]["Gaussian mixture"] == kid_text(scores["kid"], scores["kid_sd"])
    for row, prior in enumerate(("normal", "gaussian", "mixture")):
        shown = images_of(app, "prior-images", row)
        assert torch.equal(shown, to_pixels(checkpoint.model.sample(6, 0, prior))), prior


def test_only_a_decoder_that_was_fine_tuned_is_said_to_be():
    gan = {"loss": 1.0, "generator": 0.7}
    assert "latents of the latent flow prior" in unequal_text(gan | {"mse": 0.1}, "flow", 0)
    assert not unequal_text({"loss": 1.0, "mse": 0.1}, "flow", 0)
    assert not unequal_text(gan, "normal", 0)
    assert "again, 4 times" in unequal_text({}, "flow", 4)


def test_another_prior_and_seed_change_the_way(open_why, trained):
    app = open_why(trained, tab="Interpolation", step="16")
    first = film(app)
    assert first["position"] == [16]
    assert "100% of the way" in first["axes"][0]["texts"][16]
    app.selectbox(key="against").select("full-covariance Gaussian").run()
    second = film(app)
    app.number_input(key="seed").set_value(3).run()
    third = film(app)
    sheets = [one["films"][0]["sheet"] for one in (first, second, third)]
    assert len(set(sheets)) == 3
    assert "full-covariance Gaussian" in second["axes"][0]["label"]


def test_a_missing_kid_is_measured_on_demand(open_why, trained):
    app = open_why(trained, against="full-covariance Gaussian")
    assert "Not measured" in [metric.value for metric in app.metric]
    app.button(key="measure").click().run()
    assert not app.exception
    model = load_checkpoint(trained / "ae").model
    kid = evaluate(model, held_out(trained), "gaussian", groups=("kid",))
    assert kid_text(kid["kid"]) in said(app)
    assert "Not measured" not in [metric.value for metric in app.metric]
    assert not [button for button in app.button if button.key == "measure"]
    _measured.clear()


def test_the_known_factors_are_scored_on_demand(open_why, trained):
    app = open_why(trained, tab="What the latents encode")
    assert not app.table  # a link alone computes nothing
    app.button(key="tab-button").click().run()
    scored = app.table[0].value.set_index("Factor")
    assert list(scored.index)[:2] == ["class", "x px"]
    assert "Disentanglement" in said(app)


def test_without_checkpoints_it_says_how_to_make_some(open_why, tmp_path):
    assert "No checkpoint yet" in said(open_why(tmp_path))
