"""Compare's question whether a sample is a copy of a training image."""

from __future__ import annotations

import json

import pytest
import torch

from ballgen.checkpoint.folder import load_checkpoint
from ballgen.data.imageset import to_pixels
from ballgen.data.sources import load_images
from ballgen.ui.session import loading
from tests.helpers.finished import rewrite
from tests.helpers.reading import images_of, said, table_of

pytestmark = pytest.mark.slow  # minutes, or processes of their own

FAMILIES = ("ae", "vae", "gan")


@pytest.fixture
def enough_held_out(own_checkpoints):
    """As if they had been tried on 300 test images, of which each view has enough."""
    digest = load_images("sportballs", "test", limit=300).digest
    for family in FAMILIES:
        rewrite(
            own_checkpoints / family,
            lambda record: record["data"].update(test_images=300, test_digest=digest),
        )
    return own_checkpoints


def test_the_nearest_training_image_stands_below_each_sample(open_app, enough_held_out):
    app = open_app(enough_held_out)
    assert not any("nearest training image" in alt for alt in alts(app))
    app = searched(app)
    assert not app.exception
    learned = load_images("sportballs", "train", limit=96)
    for family in FAMILIES:
        drawn = load_checkpoint(enough_held_out / family).model.sample(12, seed=0)
        distances = (drawn[:, None] - learned.images()).square().sum((2, 3, 4)).sqrt()
        wanted = learned.pixels[distances.argmin(dim=1)]
        assert torch.equal(images_of(app, f"{family}-nearest", 1), wanted), family
        assert torch.equal(images_of(app, f"{family}-nearest", 0), to_pixels(drawn)), family
    assert not app.dataframe
    app.session_state["nearest_table"] = True  # unfolded
    table = table_of(app.run(), "Samples of")
    assert len(table) == 3 * 12
    last = table.loc["GAN"]
    assert list(last["Distance"]) == pytest.approx(distances.min(dim=1).values.tolist(), rel=1e-4)
    assert said(app).count("Too early to say") + said(app).count("of 12 samples") == 3


def searched(app):
    """Opens the tab and presses its button."""
    app.session_state["compare_tab"] = "Copies"
    app.run().button(key="nearest-button").click().run()
    assert not app.exception
    return app


def alts(app) -> list[str]:
    """What is read aloud in place of every component's images."""
    shown = [c.proto.json for c in app.get("bidi_component") if c.key != "copy-link"]
    return [json.loads(data).get("alt", "") for data in shown]


def test_few_held_out_images_are_enough_to_say_something(open_app, tiny_checkpoints):
    app = open_app(tiny_checkpoints)
    app = searched(app)
    # Tiny models are hardly trained, of which nothing more is said.
    assert said(app).count("The model is not trained yet") + said(app).count("of 12 samples") == 3


def test_training_images_that_have_changed_are_told(open_app, own_checkpoints):
    for family in FAMILIES:
        rewrite(own_checkpoints / family, lambda record: record["data"].update(digest="older"))
    app = open_app(own_checkpoints, compare_tab="Copies")
    assert not any("have changed since" in warning.value for warning in app.warning)
    app.button(key="nearest-button").click().run()  # a link alone searches nothing
    assert sum("have changed since" in warning.value for warning in app.warning) == 3
    assert len(images_of(app, "figure-fitted", 2)) == 12


def test_training_images_that_were_put_back_are_found(open_app, own_checkpoints, monkeypatch):
    load = loading.load_images
    monkeypatch.setattr(
        loading, "load_images", lambda *a, **k: load(*a, **k).subset(slice(1, None))
    )
    loading._open_training_images.clear()
    app = open_app(own_checkpoints)
    app = searched(app)
    assert sum("put them back" in warning.value for warning in app.warning) == 3
    monkeypatch.undo()
    app.run()
    assert not any("put them back" in warning.value for warning in app.warning)
