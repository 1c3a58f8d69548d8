from __future__ import annotations

import json

import pytest
import torch

from ballgen.checkpoint.folder import (
    SCORES,
    json_bytes,
    load_checkpoint,
    sha256,
)
from ballgen.data.imageset import to_pixels
from ballgen.data.sources import load_images
from ballgen.scores.evaluate import evaluate
from ballgen.ui.compare.data import TEMPERATURES
from ballgen.ui.compare.samples import TOUCHED
from ballgen.util.wording import kid_text
from tests.helpers.finished import rewrite
from tests.helpers.reading import alt, followed, pictures, said, table_of

pytestmark = pytest.mark.slow  # minutes, or processes of their own

FAMILIES = ("ae", "vae", "gan")
TEMPERATURE = {"slider": "temperature", "first": 0, "value": None}


@pytest.fixture
def app(open_app, tiny_checkpoints):
    return open_app(tiny_checkpoints)


def samples(app) -> dict[str, torch.Tensor]:
    return {family: pictures(app, f"{family}-images") for family in FAMILIES}


def changed(before: dict, after: dict) -> set[str]:
    return {name for name in before if not torch.equal(before[name], after[name])}


def test_it_opens_on_the_images_of_the_models_themselves(app, tiny_checkpoints):
    assert app.title[0].value == "Compare"
    real = load_images("sportballs", "test", limit=12).pixels
    assert torch.equal(pictures(app, "real-images"), real)
    for row, family in enumerate(FAMILIES, start=1):
        model = load_checkpoint(tiny_checkpoints / family).model
        shown = pictures(app, f"{family}-images")
        assert torch.equal(shown, to_pixels(model.sample(12, seed=0))), family
        rebuilt = pictures(app, "reconstructions", row)
        assert torch.equal(rebuilt, to_pixels(model.reconstruct(real))), family
    assert torch.equal(pictures(app, "reconstructions", 0), real)


def test_the_own_prior_comes_first(app):
    for family in FAMILIES:
        assert app.selectbox(key=f"{family}_prior").value == "Gaussian mixture"


def test_the_seed_changes_every_sample_and_nothing_real(app):
    before, real = samples(app), pictures(app, "real-images")
    rebuilt = pictures(app, "reconstructions", 2)
    app.number_input(key="seed").set_value(5).run()
    assert changed(before, samples(app)) == set(FAMILIES)
    assert torch.equal(pictures(app, "real-images"), real)
    assert torch.equal(pictures(app, "reconstructions", 2), rebuilt)
    app.number_input(key="seed").set_value(0).run()
    assert not changed(before, samples(app))


def test_a_prior_changes_its_own_family_alone(app):
    before = samples(app)
    app.selectbox(key="vae_prior").select("N(0, I)").run()
    assert changed(before, samples(app)) == {"vae"}
    assert "the usual prior of a VAE" in said(app)
    assert "N(0, I) prior" in alt(app, "vae-images")


def test_temperature_zero_draws_the_centre_again_and_again(app):
    app.selectbox(key="vae_prior").select("N(0, I)").run()
    app.slider(key="temperature").set_value(0.0).run()
    shown = pictures(app, "vae-images")
    assert torch.equal(shown, shown[:1].expand_as(shown))


def test_a_touched_slider_brings_the_samples_of_all_its_places(app, tiny_checkpoints):
    assert followed(app, "vae-images")[0] == TEMPERATURE | {"frames": 1, "asks": True}
    app.session_state[TOUCHED] = (12, 0)
    app.run()
    for family in FAMILIES:
        follow, shown = followed(app, f"{family}-images")
        assert follow == TEMPERATURE | {"frames": 16, "asks": False}
        model = load_checkpoint(tiny_checkpoints / family).model
        for temperature, frame in zip(TEMPERATURES, shown, strict=True):
            wanted = to_pixels(model.sample(12, 0, temperature=temperature))
            assert (frame.int() - wanted.int()).abs().max() <= 1  # another size of batch
    app.number_input(key="seed").set_value(5).run()
    assert followed(app, "vae-images")[0]["frames"] == 1  # its samples do not wait for a film


def test_more_images_than_a_film_may_hold_are_left_to_the_server(app):
    app.session_state[TOUCHED] = (96, 0)
    app.segmented_control(key="count").set_value(96).run()
    follow, shown = followed(app, "vae-images")
    assert follow == TEMPERATURE | {"frames": 1, "asks": False}
    assert shown.shape[:2] == (1, 96)


def test_the_count_is_for_samples_and_real_images(app):
    first = pictures(app, "ae-images")
    app.segmented_control(key="count").set_value(24).run()
    assert len(pictures(app, "real-images")) == 24
    more = pictures(app, "ae-images")
    assert len(more) == 24
    assert len(first) == 12


def test_a_link_opens_the_view_it_names(open_app, tiny_checkpoints):
    app = open_app(
        tiny_checkpoints,
        seed="7",
        count="24",
        temperature="0.5",
        gan_prior="N(0, I)",
    )
    assert app.number_input(key="seed").value == 7
    model = load_checkpoint(tiny_checkpoints / "gan").model
    wanted = to_pixels(model.sample(24, 7, "normal", 0.5))
    assert torch.equal(pictures(app, "gan-images"), wanted)


def test_nonsense_in_a_link_opens_the_usual_view(open_app, tiny_checkpoints, app):
    usual = samples(app)
    app = open_app(
        tiny_checkpoints, seed="-3", count="13", temperature="hot", ae_prior="x", vae="../.."
    )
    assert not changed(usual, samples(app))


def test_stored_scores_stand_below_the_images(app, tiny_checkpoints):
    scores = load_checkpoint(tiny_checkpoints / "vae").scores
    shown = [metric.value for metric in app.metric]
    assert shown[0] == kid_text(scores["kid_real"], scores["kid_real_sd"])
    assert shown[2] == kid_text(scores["kid"], scores["kid_sd"])
    assert "stored with the checkpoint" in said(app)
    table = table_of(app, "Figure")
    summed = table.loc["Reconstruction: SSE per image", "VAE"]
    assert summed.startswith(f"{scores['sse']:.2f} [")
    assert list(table.columns) == ["AE", "VAE", "GAN"]


def test_scores_say_how_sure_they_are(open_app, own_checkpoints):
    def score(record) -> None:
        scores = json.loads((own_checkpoints / "vae" / SCORES).read_text()) | {
            "c2st_accuracy": 0.9741666,
            "c2st_low": 0.9635654,
            "c2st_high": 0.9817417,
            "smallest_class_share": 0.2295,
            "count": 2000,
            "coverage": 0.732,
            "coverage_count": 1000,
            "mse": 0.5,
            "sse": 2.0,
            "sse_se": 0.1,
        }
        (own_checkpoints / "vae" / SCORES).write_bytes(json_bytes(scores))
        record["digests"][SCORES] = sha256(json_bytes(scores))

    rewrite(own_checkpoints / "vae", score)
    app = open_app(own_checkpoints)
    column = table_of(app, "Figure")["VAE"]
    accuracy = column["C2ST accuracy of the better judge, 50% is perfect"]
    assert accuracy == "97.4% [96.4%, 98.2%]"
    # By the textbook: 459 of 2,000.
    assert column["Smallest class share, samples"] == "22.9% [21.2%, 24.8%]"
    assert column["Coverage: real images with a sample nearby"] == "73% [70%, 76%]"
    assert column["Reconstruction: SSE per image"] == "2.00 [1.80, 2.20]"
    assert column["Reconstruction: MSE per pixel and channel"] == "0.50000 [0.45100, 0.54900]"
    assert "95% interval" in said(app)


def test_the_reconstructions_have_a_table(open_app, tiny_checkpoints):
    table = table_of(open_app(tiny_checkpoints, reconstructions_table="true"), "Test image")
    real = load_images("sportballs", "test", limit=96)
    rebuilt = load_checkpoint(tiny_checkpoints / "gan").model.reconstruct(real.images(slice(12)))
    errors = (rebuilt - real.images(slice(12))).square().sum((1, 2, 3))
    assert list(table["GAN: SSE"]) == [f"{error:.2f}" for error in errors.tolist()]
    assert list(table["Class"]) == [real.class_names[label] for label in real.labels[:12]]


def test_samples_of_another_temperature_are_measured_on_demand(app, tiny_checkpoints):
    assert app.button(key="measure").disabled
    app.slider(key="temperature").set_value(0.5).run()
    assert [metric.value for metric in app.metric][1:] == ["not measured"] * 3
    app.button(key="measure").click().run()
    assert not app.exception
    checkpoint = load_checkpoint(tiny_checkpoints / "vae")
    test = load_images("sportballs", "test", limit=checkpoint.record["data"]["test_images"])
    figures = evaluate(checkpoint.model, test, temperature=0.5, groups=("kid",))
    assert app.metric[2].value == kid_text(figures["kid"], figures["kid_sd"])
    assert said(app).count("measured now, seed 0") == 3
    assert app.button(key="measure").disabled


def test_a_stored_figure_of_another_seed_says_so_and_can_be_measured_anew(app):
    stored = app.metric[2].value
    app.number_input(key="seed").set_value(9).run()
    assert app.metric[2].value == stored
    assert "stored with the checkpoint, seed 0" in said(app)
    app.button(key="measure").click().run()
    assert app.metric[2].value != stored
    assert "measured now, seed 9" in said(app)


@pytest.fixture
def with_run(open_app, tiny_checkpoints, run_beside):
    """The page, with a finished run of the page Train beside the three checkpoints."""
    return lambda **query: open_app(tiny_checkpoints, **query)


RUN = "run: my vae (vae-3f2a91)"


def test_a_run_is_offered_and_is_not_shown_until_it_is_chosen(with_run):
    app = with_run()
    selection = app.multiselect(key="models")
    assert selection.options == ["ae", "vae", "gan", RUN]
    assert selection.value == ["ae", "vae", "gan"]
    assert not any("vae2" in (element.key or "") for element in app.selectbox)


def test_a_run_stands_beside_a_checkpoint_of_its_family(with_run, another_vae, tiny_checkpoints):
    app = with_run()
    app.multiselect(key="models").set_value(["vae", RUN]).run()
    assert not app.exception
    assert [header.value for header in app.header][:3] == ["Real", "VAE", "VAE 2"]
    for key, folder in (("vae", tiny_checkpoints / "vae"), ("vae2", another_vae)):
        model = load_checkpoint(folder).model
        assert torch.equal(pictures(app, f"{key}-images"), to_pixels(model.sample(12, seed=0)))
    assert len(json.loads(app.get_by_key("reconstructions").proto.json)["rows"]) == 3
    table = table_of(app, "Figure")
    assert list(table.loc["Checkpoint"]) == ["vae", RUN]
    assert RUN in alt(app, "vae2-images") and RUN not in alt(app, "vae-images")
    # Each has a prior of its own.
    before = pictures(app, "vae-images")
    second = pictures(app, "vae2-images")
    app.selectbox(key="vae2_prior").select("N(0, I)").run()
    assert torch.equal(pictures(app, "vae-images"), before)
    assert not torch.equal(pictures(app, "vae2-images"), second)


def warned(app) -> list[str]:
    """Warnings about the link; those about the models, which are not trained, stay aside."""
    return [warning.value for warning in app.warning if "trained" not in warning.value]


def test_a_link_finds_a_run_that_was_renamed_and_says_what_is_gone(with_run):
    app = with_run(models=["vae", RUN.replace("my vae", "as it was called")])
    assert app.multiselect(key="models").value == ["vae", RUN]
    assert not warned(app)
    app = with_run(models=["vae", "run: lost (vae-000000)"])
    assert app.multiselect(key="models").value == ["vae"]
    assert warned(app) == [
        "The link names run: lost (vae-000000), which is not there (any more) for these images."
    ]
    app = with_run(models="gone")
    assert app.multiselect(key="models").value == ["ae", "vae", "gan"]
    assert "The link names gone" in warned(app)[0]
    app.multiselect(key="models").set_value(["gan"]).run()
    assert app.multiselect(key="models").value == ["gan"] and not warned(app)


def test_four_stand_beside_each_other_and_families_stay_together(with_run):
    app = with_run()
    app.multiselect(key="models").set_value(["ae", "vae", "gan", RUN]).run()
    assert [header.value for header in app.header][:5] == ["Real", "AE", "VAE", "VAE 2", "GAN"]


def test_an_empty_selection_is_the_usual_one(with_run):
    app = with_run()
    app.multiselect(key="models").set_value([]).run()
    assert [header.value for header in app.header][:4] == ["Real", "AE", "VAE", "GAN"]


@pytest.mark.parametrize("page", ["latent", "interpolate", "own_image", "why"])
def test_the_other_pages_know_the_run_too(with_run, page):
    app = with_run()
    app.multiselect(key="models").set_value([RUN]).run()
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception
    assert app.multiselect(key="models").value == [RUN]
