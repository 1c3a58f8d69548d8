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
from ballgen.models import Model
from ballgen.report.metrics import best
from ballgen.scores.evaluate import evaluate
from ballgen.ui.compare.controls import TOUCHED
from ballgen.ui.compare.data import TEMPERATURES
from ballgen.ui.session import loading
from ballgen.util.wording import kid_text
from tests.helpers.finished import rewrite
from tests.helpers.reading import cells, followed, images_of, said, table_of

pytestmark = pytest.mark.slow  # minutes, or processes of their own

FAMILIES = ("ae", "vae", "gan")
TITLES = ("AE", "VAE", "GAN")
TEMPERATURE = {"slider": "temperature", "first": 0, "value": None}


@pytest.fixture
def app(open_app, tiny_checkpoints):
    return open_app(tiny_checkpoints)


def samples(app, row: str = "fitted") -> dict[str, torch.Tensor]:
    return {
        family: images_of(app, f"figure-{row}", column)
        for column, family in enumerate(FAMILIES, start=1)
        if cells(app, f"figure-{row}")[TITLES[column - 1]]["sheet"]
    }


def scores(app, row: str = "fitted") -> dict[str, tuple[str, str]]:
    """What stands below each cell: its score, and where that comes from."""
    found = cells(app, f"figure-{row}")
    return {title: (cell["score"], cell["origin"]) for title, cell in found.items()}


def changed(before: dict, after: dict) -> set[str]:
    return {name for name in before if not torch.equal(before[name], after[name])}


def test_the_first_row_fails_the_second_is_fitted_and_the_third_reconstructs(app, tiny_checkpoints):
    assert app.title[0].value == "Compare"
    real = load_images("sportballs", "test", limit=96).pixels
    assert torch.equal(images_of(app, "figure-normal"), real[12:24])
    assert torch.equal(images_of(app, "figure-reconstruction"), real[:12])
    for column, family in enumerate(FAMILIES, start=1):
        model = load_checkpoint(tiny_checkpoints / family).model
        for row, prior in (("normal", "normal"), ("fitted", "mixture")):
            shown = images_of(app, f"figure-{row}", column)
            assert torch.equal(shown, to_pixels(model.sample(12, 0, prior))), (family, row)
        rebuilt = images_of(app, "figure-reconstruction", column)
        assert torch.equal(rebuilt, to_pixels(model.reconstruct(real[:12]))), family


def test_the_samples_of_the_next_seed_are_ready_before_they_are_asked_for(app, monkeypatch):
    def wait() -> None:
        assert loading._ahead.acquire(timeout=60)
        loading._ahead.release()

    wait()
    drawn, sample = [], Model.sample
    monkeypatch.setattr(
        Model, "sample", lambda model, *given: drawn.append(given[1]) or sample(model, *given)
    )
    before = samples(app)
    app.number_input(key="seed").set_value(1).run()
    assert not app.exception and changed(before, samples(app)) == set(FAMILIES)
    wait()
    assert set(drawn) == {2}


def test_the_own_prior_comes_first_and_each_box_says_whose_it_is(app):
    for family, title in zip(FAMILIES, TITLES, strict=True):
        box = app.selectbox(key=f"{family}_prior")
        assert box.value == "Gaussian mixture" and box.label == f"Prior of the {title}"
    assert len({box.label for box in app.selectbox}) == len(app.selectbox)


def test_a_gan_of_its_own_prior_says_same_as_above(open_app, own_checkpoints):
    change = {"sampling": {"prior": "normal"}}

    def own_prior(record) -> None:
        record["recipe"]["sampling"] |= change["sampling"]

    for family in ("gan", "ae"):
        rewrite(own_checkpoints / family, own_prior)
    app = open_app(own_checkpoints)
    shown = cells(app, "figure-fitted")
    assert shown["GAN"]["words"] == "same as above: N(0, I) is its default prior"
    assert not shown["GAN"]["sheet"] and shown["AE"]["sheet"]
    app.selectbox(key="gan_prior").select("Gaussian mixture").run()
    assert cells(app, "figure-fitted")["GAN"]["sheet"]


def test_the_seed_changes_every_sample_and_nothing_real(app):
    normal, fitted = samples(app, "normal"), samples(app)
    real, rebuilt = images_of(app, "figure-normal"), images_of(app, "figure-reconstruction", 2)
    app.number_input(key="seed").set_value(5).run()
    assert changed(normal, samples(app, "normal")) == changed(fitted, samples(app)) == {*FAMILIES}
    assert torch.equal(images_of(app, "figure-normal"), real)
    assert torch.equal(images_of(app, "figure-reconstruction", 2), rebuilt)
    app.number_input(key="seed").set_value(0).run()
    assert not changed(fitted, samples(app))


def test_a_prior_changes_its_own_family_alone(app):
    before = samples(app)
    app.selectbox(key="vae_prior").select("full-covariance Gaussian").run()
    assert changed(before, samples(app)) == {"vae"}
    assert "VAE: full-covariance Gaussian" in said(app)
    assert "full-covariance Gaussian prior" in cells(app, "figure-fitted")["VAE"]["alt"]


def test_temperature_zero_draws_the_centre_again_and_again(app):
    app.slider(key="temperature").set_value(0.0).run()
    shown = samples(app, "normal")["vae"]
    assert torch.equal(shown, shown[:1].expand_as(shown))


def test_a_touched_slider_brings_the_samples_of_all_its_places(app, tiny_checkpoints):
    assert followed(app, "figure-fitted", 1)[0] == TEMPERATURE | {"frames": 1, "asks": True}
    app.session_state[TOUCHED] = (0, 12)  # seed and count
    app.run()
    for column, family in enumerate(FAMILIES, start=1):
        model = load_checkpoint(tiny_checkpoints / family).model
        for row, prior in (("normal", "normal"), ("fitted", None)):
            follow, shown = followed(app, f"figure-{row}", column)
            assert follow == TEMPERATURE | {"frames": 16, "asks": False}
            for temperature, frame in zip(TEMPERATURES, shown, strict=True):
                wanted = to_pixels(model.sample(12, 0, prior, temperature))
                assert (frame.int() - wanted.int()).abs().max() <= 1  # another size of batch
    app.number_input(key="seed").set_value(5).run()
    assert followed(app, "figure-fitted", 1)[0]["frames"] == 1  # samples wait for no film


def test_more_images_than_a_film_may_hold_are_left_to_the_server(app):
    app.session_state[TOUCHED] = (0, 96)
    app.selectbox(key="count").select(96).run()
    follow, shown = followed(app, "figure-fitted", 1)
    assert follow == TEMPERATURE | {"frames": 1, "asks": False}
    assert shown.shape[:2] == (1, 96)


def test_more_images_begin_with_the_same_samples(app):
    first = samples(app)
    app.selectbox(key="count").select(24).run()
    assert len(images_of(app, "figure-normal")) == 24
    more = samples(app)
    for family in FAMILIES:
        assert len(more[family]) == 24
        assert torch.equal(more[family][:12], first[family])
        assert not torch.equal(more[family][12:], first[family])


def test_a_link_opens_the_view_it_names(open_app, tiny_checkpoints):
    app = open_app(
        tiny_checkpoints,
        seed="7",
        count="24",
        temperature="0.5",
        gan_prior="full-covariance Gaussian",
    )
    assert app.number_input(key="seed").value == 7
    model = load_checkpoint(tiny_checkpoints / "gan").model
    shown = samples(app)["gan"]
    assert torch.equal(shown[:12], to_pixels(model.sample(12, 7, "gaussian", 0.5)))
    assert len(shown) == 24


def test_nonsense_in_a_link_opens_the_usual_view(open_app, tiny_checkpoints, app):
    usual = samples(app)
    app = open_app(
        tiny_checkpoints,
        **{"seed": "-3", "count": "13", "temperature": "hot", "ae_prior": "x", "vae": "../.."},
        compare_tab="x",
    )
    assert not changed(usual, samples(app))


def test_stored_scores_stand_below_the_images(app, tiny_checkpoints):
    stored = load_checkpoint(tiny_checkpoints / "vae").scores
    first, second = scores(app, "normal"), scores(app)
    real = kid_text(stored["kid_real"], stored["kid_real_sd"])
    assert first["Real"] == (f"KID {real}", "real vs real")
    assert second["VAE"] == (f"KID {kid_text(stored['kid'], stored['kid_sd'])}", "stored, seed 0")
    normal = kid_text(stored["kid_normal"], stored["kid_normal_sd"])
    assert first["VAE"] == (f"KID {normal}", "stored, seed 0")
    last = scores(app, "reconstruction")["VAE"]
    assert last == (f"SSE {stored['sse']:.3g}", f"PSNR {stored['psnr']:.1f} dB")
    table = table_of(app, "Reconstructions")
    assert table.loc["SSE per image ↓", "VAE"].startswith(f"{stored['sse']:.2f} [")
    assert list(table.columns) == list(TITLES)
    labels = [button.proto.label for button in app.get("download_button")]
    assert labels == ["PNG", "CSV", "CSV"]  # of the figure, and of the scores


def test_the_best_score_of_each_line_is_bold(app, tiny_checkpoints):
    stored = [load_checkpoint(tiny_checkpoints / family).scores for family in FAMILIES]
    (table,) = (one.value for one in app.table if one.value.columns[0] == "Reconstructions")
    (row,) = (one for one in table.itertuples(index=False) if one[0] == "SSE per image ↓")
    found = best(stored)["SSE per image ↓"]
    assert [cell.startswith("**") for cell in row[1:]] == [n in found for n in range(len(stored))]


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
    column = table_of(app, "Samples")["VAE"]
    accuracy = column["C2ST accuracy of the better classifier, 50% is perfect"]
    assert accuracy == "97.4% [96.4%, 98.2%]"
    # By the textbook: 459 of 2,000.
    assert column["Smallest class share, samples"] == "22.9% [21.2%, 24.8%]"
    assert column["Coverage: real images with a sample nearby ↑"] == "73% [70%, 76%]"
    column = table_of(app, "Reconstructions")["VAE"]
    assert column["SSE per image ↓"] == "2.00 [1.80, 2.20]"
    assert column["MSE per pixel and channel ↓"] == "0.50000 [0.45100, 0.54900]"
    assert "95% interval" in said(app)


def test_the_tabs_show_worst_reconstructions_and_settings(open_app, tiny_checkpoints):
    app = open_app(tiny_checkpoints, compare_tab="Reconstructions", reconstructions_table="true")
    assert not any((one.key or "") == "vae-errors" for one in app.get("bidi_component"))
    app.button(key="reconstructions-button").click().run()  # a link alone computes nothing
    assert not app.exception
    real = load_images("sportballs", "test", limit=96)
    model = load_checkpoint(tiny_checkpoints / "vae").model
    rebuilt = model.reconstruct(real.images())
    errors = (rebuilt - real.images()).square().sum((1, 2, 3))
    worst = errors.argsort()[-4:]
    assert torch.equal(images_of(app, "vae-errors", 0), real.pixels[worst])
    assert torch.equal(images_of(app, "vae-errors", 1), to_pixels(rebuilt[worst]))
    table = table_of(app, "Model")
    assert list(table.loc["VAE"]["Squared error"]) == [f"{e:.3g}" for e in errors[worst].tolist()]
    name = real.class_names[1]
    app.segmented_control(key="kind").set_value("best").run()
    app.selectbox(key="of_class").select(name).run()
    of_class = (real.labels == 1).nonzero()[:, 0]
    best = of_class[errors[of_class].argsort()[:4]]
    assert torch.equal(images_of(app, "vae-errors", 0), real.pixels[best])
    app = open_app(tiny_checkpoints, compare_tab="Settings that differ")
    settings = table_of(app, "setting")
    assert "loss.kl_weight" in settings.index and settings.loc["loss.kl_weight", "AE"] == "–"


def test_samples_of_another_temperature_are_measured_on_demand(app, tiny_checkpoints):
    assert app.button(key="measure").disabled
    app.slider(key="temperature").set_value(0.5).run()
    for row in ("normal", "fitted"):
        assert [scores(app, row)[title][0] for title in TITLES] == ["KID not measured"] * 3
    app.button(key="measure").click().run()
    assert not app.exception
    checkpoint = load_checkpoint(tiny_checkpoints / "vae")
    test = load_images("sportballs", "test", limit=checkpoint.record["data"]["test_images"])
    figures = evaluate(checkpoint.model, test, temperature=0.5, groups=("kid",))
    found = f"KID {kid_text(figures['kid'], figures['kid_sd'])}"
    assert scores(app)["VAE"] == (found, "measured now, seed 0")
    assert app.button(key="measure").disabled


def test_a_stored_figure_of_another_seed_says_so_and_can_be_measured_anew(app):
    stored = scores(app)
    app.number_input(key="seed").set_value(9).run()
    assert scores(app) == stored
    app.button(key="measure").click().run()
    assert scores(app)["VAE"][1] == "measured now, seed 9"
    assert scores(app)["VAE"][0] != stored["VAE"][0]


def test_a_model_of_the_same_family_stands_beside_the_other(
    open_app, tiny_checkpoints, another_vae, run_beside
):
    app = open_app(tiny_checkpoints, models=["vae", run_beside])
    shown = cells(app, "figure-fitted")
    assert list(shown) == ["Real", "VAE", "VAE 2"]
    for column, folder in ((1, tiny_checkpoints / "vae"), (2, another_vae)):
        model = load_checkpoint(folder).model
        assert torch.equal(images_of(app, "figure-fitted", column), to_pixels(model.sample(12)))
    assert list(table_of(app, "Size and cost").loc["Checkpoint"]) == ["vae", run_beside]
    assert run_beside in shown["VAE 2"]["alt"] and run_beside not in shown["VAE"]["alt"]
    # Each has a prior of its own.
    before = images_of(app, "figure-fitted", 1)
    app.selectbox(key="vae2_prior").select("full-covariance Gaussian").run()
    assert torch.equal(images_of(app, "figure-fitted", 1), before)
    assert not torch.equal(images_of(app, "figure-fitted", 2), to_pixels(model.sample(12)))
