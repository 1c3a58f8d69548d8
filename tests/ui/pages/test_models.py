"""The models in the side bar: what is shown is what the boxes say, on every page."""

from __future__ import annotations

import pytest
import streamlit as st

from ballgen.runs.catalogue import DatasetInfo
from ballgen.ui.session.selection import training_link
from tests.helpers.reading import said
from tests.ui.pages.conftest import show_models

pytestmark = pytest.mark.slow  # minutes, or processes of their own

RUN = "run: my vae (vae-3f2a91)"


@pytest.fixture
def with_run(open_app, tiny_checkpoints, run_beside):
    """The page, with a finished run of the page Train beside the three checkpoints."""
    return lambda **query: open_app(tiny_checkpoints, **query)


def boxes(app) -> dict[str, str]:
    """What the side bar says, by its labels."""
    assert not app.exception
    return {box.label: box.value for box in app.sidebar.selectbox if box.key.startswith("model-")}


def linked(app) -> list[str]:
    names = app.query_params.get("models", [])
    return [names] if isinstance(names, str) else list(names)


def warned(app) -> list[str]:
    """Warnings about the link; those about the models, which are not trained, stay aside."""
    return [warning.value for warning in app.warning if "trained" not in warning.value]


def test_the_boxes_say_what_is_shown_and_another_model_drops_none(with_run):
    app = with_run()
    assert boxes(app) == {"AE": "ae", "VAE": "vae", "GAN": "gan"}
    assert not linked(app)
    another = app.selectbox(key="another-model")
    assert another.value is None and another.options == [RUN]
    another.select(RUN).run()
    assert boxes(app) == {"AE": "ae", "VAE": "vae", "VAE 2": RUN, "GAN": "gan"}
    assert linked(app) == ["ae", "vae", "gan", RUN]
    app.selectbox(key="model-vae2").select("not shown").run()
    assert boxes(app) == {"AE": "ae", "VAE": "vae", "GAN": "gan"}


def test_a_family_shows_another_model_or_none_and_the_last_one_stays(with_run):
    app = with_run()
    app.selectbox(key="model-vae").select(RUN).run()
    app.selectbox(key="model-ae").select("not shown").run()
    assert boxes(app) == {"AE": "", "VAE": RUN, "GAN": "gan"}
    app.selectbox(key="model-gan").select("not shown").run()
    app.selectbox(key="model-vae").select("not shown").run()
    assert boxes(app) == {"AE": "", "VAE": RUN, "GAN": ""}
    app.selectbox(key="model-ae").select("ae").run()
    assert boxes(app) == {"AE": "ae", "VAE": RUN, "GAN": ""}
    assert linked(app) == [RUN, "ae"]


def test_a_link_finds_a_run_that_was_renamed_and_says_what_is_gone(with_run):
    app = with_run(models=["vae", RUN.replace("my vae", "as it was called")])
    assert boxes(app) == {"AE": "", "VAE": "vae", "VAE 2": RUN, "GAN": ""}
    assert not warned(app)
    app = with_run(models=["vae", "run: lost (vae-000000)"])
    assert boxes(app)["VAE"] == "vae" and boxes(app)["AE"] == ""
    assert warned(app) == [
        "The link names run: lost (vae-000000), which is not there (any more) for these images."
    ]
    app = with_run(models="gone")
    assert boxes(app) == {"AE": "ae", "VAE": "vae", "GAN": "gan"}
    assert "The link names gone" in warned(app)[0]
    app.selectbox(key="model-ae").select("not shown").run()
    assert linked(app) == ["vae", "gan"] and not warned(app)


def test_a_link_within_the_dashboard_is_followed(with_run):
    app = with_run(models=["vae", "ae"])
    show_models(app, RUN)
    assert boxes(app) == {"AE": "", "VAE": RUN, "GAN": ""}


@pytest.mark.parametrize("page", ["latent", "interpolate", "own_image", "why"])
def test_the_other_pages_show_the_same_and_say_so_in_their_links(with_run, page):
    app = with_run()
    app.selectbox(key="model-vae").select(RUN).run()
    app.query_params.clear()  # as a click in the navigation does
    app.switch_page(f"pages/{page}.py").run()
    assert boxes(app) == {"AE": "ae", "VAE": RUN, "GAN": "gan"}
    assert linked(app) == ["ae", RUN, "gan"]


def test_without_a_model_buttons_open_train(open_app, tmp_path, switched):
    app = open_app(tmp_path)
    assert "No checkpoint yet" in said(app)
    assert [one.key for one in app.get("bidi_component")] == ["copy-link"]
    app.button(key="train-vae-first").click().run()
    assert switched == [("pages/train.py", {"recipe": "vae"})]


@pytest.mark.parametrize("page", ["compare", "interpolate", "own_image"])
def test_a_missing_family_offers_to_train_it(open_app, own_checkpoints, put_first, switched, page):
    (own_checkpoints / "gan").rename(own_checkpoints.parent / "elsewhere")
    put_first(page)
    app = open_app(own_checkpoints)
    assert "train_all" not in said(app) and "No GAN for these images yet" in said(app)
    offers = [button for button in app.button if button.label == "Train a GAN"]
    assert offers
    for button in offers:
        button.click().run()
    # As the tiny ones were trained: on so few images, drawn with their seed.
    link = {"recipe": "gan", "new_limit": "96", "new_seed": "0"}
    assert len(switched) >= len(offers)
    assert all(went == ("pages/train.py", link) for went in switched)


@pytest.fixture
def switched(monkeypatch) -> list:
    """Where buttons lead to, and with which link."""
    asked = []

    def switch_page(page, query_params):
        asked.append((page, query_params))

    monkeypatch.setattr(st, "switch_page", switch_page)
    return asked


@pytest.mark.parametrize(
    ("source", "shape", "limit", "link"),
    [
        ("sportballs", (3, 32, 32), None, {}),
        ("sportballs", (3, 64, 64), None, {"new_size": "64 px"}),
        ("sportballs", (3, 32, 32), 500, {"new_limit": "500", "new_seed": "3"}),
        ("mnist", (1, 28, 28), None, {"new_source": "mnist"}),
        ("my photos", (3, 48, 48), None, {"new_source": "my photos", "new_size": "48 px"}),
    ],
)
def test_train_is_filled_in_as_the_link_says(
    source, shape, limit, link, open_app, tiny_checkpoints, put_first
):
    dataset = DatasetInfo(source, shape, 10, 3, "digest", limit)
    found = training_link(dataset, "gan")
    assert found == {"recipe": "gan"} | link
    put_first("train")
    app = open_app(tiny_checkpoints, **found)
    fields = {field.key: field.value for field in (*app.selectbox, *app.number_input)}
    found = {key: value.removesuffix(" px") for key, value in found.items()}
    assert {key: str(fields[key]).removesuffix(".0") for key in found} == found
