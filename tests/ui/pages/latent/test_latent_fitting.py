"""Embeddings that take a while: fitted once, in a thread, which can be cancelled."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
import torch

from ballgen.data.imageset import to_pixels
from ballgen.data.sources import load_images
from ballgen.errors import InputError
from ballgen.latent.embedding import PCAEmbedding, TSNEEmbedding
from ballgen.ui.latent import data, fitting
from tests.helpers.latent_page import (
    POINTS,
    TRAINED,
    ask,
    finish_the_map,
    map_of,
    points_of,
    sheet_of,
)
from tests.helpers.reading import said

pytestmark = pytest.mark.slow  # minutes, or processes of their own


@pytest.mark.parametrize(("method", "dims"), [("t-SNE", "2-D"), ("t-SNE", "3-D"), ("PCA", "3-D")])
def test_other_maps(open_latent, method, dims):
    app = open_latent()
    before = points_of(app).coordinates
    app.segmented_control(key="embedding").set_value(method)
    app.segmented_control(key="dims").set_value(dims).run()
    finish_the_map(app)
    after = points_of(app).coordinates
    assert after.shape == (POINTS, int(dims[0]))
    if method == "t-SNE":
        assert not np.allclose(after[:, 0], before[:, 0], atol=0.1)


def test_a_map_is_computed_once(open_latent, monkeypatch):
    fits = []
    fit = TSNEEmbedding._fit_transform
    monkeypatch.setattr(
        TSNEEmbedding,
        "_fit_transform",
        lambda *given: fits.append(given[0].seed) or fit(*given),
    )
    fitting.find_fit.clear()
    app = open_latent(embedding="t-SNE")
    assert fits == []  # a link alone makes nobody wait
    assert "latent-points" not in app.files
    app.button(key="embedding-button").click().run()
    finish_the_map(app)
    assert fits == [0] and "latent-points" in app.files
    app.segmented_control(key="embedding").set_value("PCA").run()
    app.segmented_control(key="embedding").set_value("t-SNE").run()
    assert fits == [0]
    app.number_input(key="map_seed").set_value(4).run()
    finish_the_map(app)
    assert fits == [0, 4]


def test_training_images_lie_pale_behind_and_make_the_map_with_the_others(
    open_latent, model, images
):
    app = open_latent(shows=["Images", "Training images", "N(0, I)"])
    assert "latent-points" not in app.files  # they have to be encoded first
    app.button(key="embedding-button").click().run()
    finish_the_map(app)
    training = load_images("sportballs", "train", limit=TRAINED)
    assert map_of(app)["counts"] == [POINTS, data.PRIOR_SAMPLES, TRAINED]
    assert map_of(app)["training"] == TRAINED and len(map_of(app)["sheets"]) == 2
    codes = [model.encode(some.images()) for some in (images, training)]
    wanted = PCAEmbedding().fit(torch.cat(codes)).coordinates_.numpy()
    shown = points_of(app)
    assert np.allclose(shown.coordinates[:POINTS], wanted[:POINTS], atol=1e-3)
    assert np.allclose(shown.coordinates[-TRAINED:], wanted[POINTS:], atol=1e-3)
    assert shown.labels[-TRAINED:].tolist() == training.labels.tolist()
    assert f"{POINTS} test images and, pale, {TRAINED} training images" in said(app)
    answer = ask(app, point=wanted[0].tolist())
    assert (
        sheet_of(answer, 1)[0].int() - to_pixels(model.decode(codes[0][:1])).int()
    ).abs().max() <= 2


@pytest.fixture
def held(monkeypatch):
    """t-SNE that tells its progress over and over; `held.set()` lets it end."""
    end, fit = threading.Event(), TSNEEmbedding._fit_transform

    def fit_transform(embedding, codes, progress):
        while not end.wait(0.01):
            progress(0.25)
        return fit(embedding, codes, progress)

    monkeypatch.setattr(TSNEEmbedding, "_fit_transform", fit_transform)
    fitting.find_fit.clear()
    yield end
    end.set()


def wait_for_thread(app, alive: bool) -> None:
    fit, end = app.session_state[fitting.CURRENT], time.monotonic() + 60
    while fit._thread.is_alive() != alive or (alive and not fit.done):
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_map_that_is_fitted_is_cancelled_and_begun_anew(open_latent, held):
    app = open_latent(embedding="t-SNE", map_seed="5")
    app.button(key="embedding-button").click().run()
    wait_for_thread(app, alive=True)
    app.run()
    (bar,) = app.get("progress")
    assert bar.proto.value == 25 and f"{POINTS} codes" in bar.proto.text
    assert app.segmented_control(key="embedding").value == "t-SNE"  # the page can be used
    app.button(key="cancel-fit").click().run()
    wait_for_thread(app, alive=False)
    app.run()
    assert not app.exception and "latent-points" not in app.files
    held.set()
    app.button(key="embedding-button").click().run()
    finish_the_map(app)
    assert "latent-points" in app.files


def test_another_choice_ends_a_fit_but_not_for_those_who_wait_for_it(open_latent, held):
    first, second = (open_latent(embedding="t-SNE", map_seed="6") for _ in range(2))
    for app in (first, second):
        app.button(key="embedding-button").click().run()
    wait_for_thread(first, alive=True)
    second.segmented_control(key="embedding").set_value("PCA").run()
    assert not second.exception and "latent-points" in second.files
    wait_for_thread(first, alive=False)
    first.run()
    wait_for_thread(first, alive=True)
    held.set()
    finish_the_map(first)
    assert not first.get("progress")


def test_why_a_map_cannot_be_fitted_is_told(open_latent, monkeypatch):
    def fails(*_):
        raise InputError("the codes are gone: bring them back")

    monkeypatch.setattr(TSNEEmbedding, "_fit_transform", fails)
    fitting.find_fit.clear()
    app = open_latent(embedding="t-SNE", map_seed="7")
    app.button(key="embedding-button").click().run()
    finish_the_map(app)
    assert "the codes are gone" in app.warning[0].value
    app.run()
    assert app.button(key="embedding-button")
