"""What a page says and holds, and that nothing in it is fetched or run but its own scripts."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from ballgen.errors import InputError
from ballgen.scores.why import GATE
from ballgen.webpage import making
from ballgen.webpage.making import make_page
from ballgen.webpage.writing import MAX_BYTES
from tests.helpers.hostile import HOSTILE

pytestmark = pytest.mark.slow  # the first waits for three models

SCRIPT = re.compile(r"<script[^>]*>")
EVIL = "</script><script>alert(1)</script>"


def content_of(page: str) -> dict:
    (found,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page)
    return json.loads(found)


@pytest.fixture(scope="module")
def pages(models, balls) -> dict[str, str]:
    return {
        name: make_page(name, checkpoint, balls, seed=1).decode() for name, checkpoint in models
    }


def test_it_holds_all_it_needs_and_asks_nobody(pages):
    for page in pages.values():
        assert len(page) < MAX_BYTES
        assert "http:" not in page and "https:" not in page
        assert "default-src 'none'" in page and "unsafe-eval" not in page
        assert len(SCRIPT.findall(page)) == 3
        assert "{{" not in page


def test_it_has_the_priors_and_images_of_its_model(pages, models):
    for name, checkpoint in models:
        content = content_of(pages[name])
        assert len(content["priors"]) == len(checkpoint.model.priors)
        assert len(content["ends"]["labels"]) == 64
        assert len(content["map"]["labels"]) == 96
        assert [one["name"] for one in content["classes"]] == list(checkpoint.model.class_names)


def test_three_answers_of_an_autoencoder_and_one_of_a_gan(pages):
    asked = re.compile(r"<article><h3>(.*?)</h3>")
    three = ["Is it the decoder?", "Is it the latents?", "Does another prior help?"]
    assert asked.findall(pages["vae"]) == three
    assert asked.findall(pages["gan"]) == ["Is it the latents?"]


def test_of_a_model_that_is_not_trained_yet_the_first_thing_is_said(untrained, balls):
    page = make_page("mine", untrained[0][1], balls).decode()
    assert page.count("<article>") == 1 and GATE in page
    assert page.index("Not trained yet") < page.index("<main>")


def test_the_same_seed_gives_the_same_bytes(pages, models, balls):
    assert make_page("ae", models[0][1], balls, seed=1).decode() == pages["ae"]


def test_names_of_strangers_are_text(models, balls):
    names = (EVIL, "{{data}}", *HOSTILE[:2])
    images = replace(balls, name=EVIL, class_names=names)
    page = make_page(EVIL, models[0][1], images).decode()
    assert len(SCRIPT.findall(page)) == 3
    assert EVIL not in page and "<img src='" not in page
    assert content_of(page)["classes"][1]["name"] == "{{data}}"


def test_few_images_have_no_map_but_the_rest(models, balls):
    page = make_page("ae", models[0][1], balls.subset(slice(0, 4))).decode()
    content = content_of(page)
    assert "at least 10" in content["map"]["missing"]
    assert len(content["ends"]["labels"]) == 4


def test_wide_networks_are_rounded_and_wider_ones_refused(models, balls, pages, monkeypatch):
    monkeypatch.setattr(making, "MAX_BYTES", len(pages["ae"]) - 1000)
    small = make_page("ae", models[0][1], balls, seed=1).decode()
    assert "rounded to 8 bits" in small and "rounded to 8 bits" not in pages["ae"]
    monkeypatch.setattr(making, "MAX_BYTES", 100_000)
    with pytest.raises(InputError, match="narrower network"):
        make_page("ae", models[0][1], balls, seed=1)
