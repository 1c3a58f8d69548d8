"""The page Latent space on the tiny checkpoints."""

from __future__ import annotations

import pytest

from ballgen.checkpoint.folder import load_checkpoint
from ballgen.data.sources import load_images
from ballgen.ui.latent import map as drawn
from tests.helpers.latent_page import POINTS


@pytest.fixture
def files(monkeypatch) -> dict[str, bytes]:
    """What the browser may ask for, by its address."""
    files = {}

    def address_of(content, kind, place):
        files[place] = content
        return place

    monkeypatch.setattr(drawn, "address_of", address_of)
    return files


@pytest.fixture
def open_latent(open_app, put_first, tiny_checkpoints, files):
    """open_latent(**query) -> the page on the tiny checkpoints, with the `files` of its map."""
    put_first("latent")

    def open_latent(folder=tiny_checkpoints, **query):
        app = open_app(folder, **query)
        app.files = files
        return app

    return open_latent


@pytest.fixture(scope="module")
def model(tiny_checkpoints):
    return load_checkpoint(tiny_checkpoints / "vae").model


@pytest.fixture(scope="module")
def images():
    return load_images("sportballs", "test", limit=POINTS)
