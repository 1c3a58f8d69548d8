"""The page Terms: every entry has two sentences, an illustration by the model, and a link."""

from __future__ import annotations

import re

import pytest
import torch

from ballgen.checkpoint.folder import load_checkpoint
from ballgen.data.imageset import to_pixels
from ballgen.data.sources import load_images
from ballgen.ui import shell
from ballgen.ui.terms.illustrations import COUNT
from ballgen.ui.terms.page import ENTRIES
from tests.helpers.reading import images_of, said

SENTENCE = re.compile(r"[.:] (?=[A-Z])|\.$")
NUMBER = {entry.term: number for number, entry in enumerate(ENTRIES)}


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry.term for entry in ENTRIES])
def test_an_entry_is_short_and_leads_to_a_page(entry):
    assert 2 <= len(SENTENCE.findall(entry.text)) <= 3
    assert entry.page in {page.name for page in shell.ENTRIES}


@pytest.mark.slow
@pytest.mark.parametrize("family", ["ae", "vae", "gan"])
def test_the_illustrations_are_made_by_the_model_that_is_chosen(
    open_app, put_first, tiny_checkpoints, family
):
    put_first("terms")
    app = open_app(tiny_checkpoints, family=family.upper())
    assert not app.warning
    model = load_checkpoint(tiny_checkpoints / family).model
    images = load_images("sportballs", "test", limit=96).images(slice(0, COUNT))

    def shown(term: str, row: int) -> torch.Tensor:
        return images_of(app, f"term-{NUMBER[term]}", row)

    for term in NUMBER:
        assert shown(term, 0).shape[0] in (1, COUNT), term
    assert torch.equal(shown("Encoder", 0), to_pixels(images))
    assert torch.equal(shown("N(0, I)", 1), to_pixels(model.sample(COUNT, 0, "normal")))
    assert torch.equal(shown("Prior", 1), to_pixels(model.sample(COUNT, 0, "mixture")))
    rebuilt = to_pixels(model.reconstruct(images))
    assert torch.equal(shown("Reconstruction error", 1), rebuilt)
    draws = shown("Posterior", 1)
    assert torch.equal(draws[0], draws[1]) == (family != "vae")
    assert "nats in all" in said(app)


@pytest.mark.parametrize("page", [entry.name for entry in shell.ENTRIES])
def test_every_page_leads_to_the_terms(monkeypatch, page):
    """Without the page itself, which may take seconds."""
    heads = []
    monkeypatch.setattr(shell.st, "page_link", lambda path, **more: heads.append(path.name))
    monkeypatch.setattr(shell, "any_runs", lambda: False)

    class Page:
        def run(self) -> None:
            heads.append(page)

    monkeypatch.setattr(shell, "_navigate", Page)
    shell.open_app()
    assert heads == ["terms.py", page]
