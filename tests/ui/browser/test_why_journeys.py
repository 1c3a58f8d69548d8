from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from benchmarks.browser import IDLE, PATIENCE, PHONE, serve
from tests.helpers.access import show_in, violations
from tests.helpers.scores import LEARNED, rescore

pytestmark = pytest.mark.browser

# A component keeps its canvases in a shadow root, where only a loop over all elements finds them.
DRAWN = """(name) => [...document.querySelectorAll(`.st-key-${name} *`)]
  .flatMap((element) => [...(element.shadowRoot?.querySelectorAll("canvas") ?? [])])
  .map((canvas) => canvas.toDataURL())
  .join(" ")"""


LAPTOP = {"width": 1280, "height": 720}
BOTTOM = """() => Math.max(...[...document.querySelectorAll("[class*=st-key-answer-]")]
  .map((card) => card.getBoundingClientRect().bottom))"""


@pytest.fixture(scope="module")
def address(tiny_checkpoints: Path, tmp_path_factory) -> Iterator[str]:
    """A dashboard on the tiny checkpoints, with the scores of models that learned something."""
    folder = tmp_path_factory.mktemp("learned") / "checkpoints"
    with serve(rescore(Path(shutil.copytree(tiny_checkpoints, folder)), LEARNED)) as address:
        yield address


def found_in(page: Page) -> list:
    """What keeps people from reading the page itself; the navigation is Streamlit's."""
    return [one for one in violations(page) if one[0] not in ("list", "listitem")]


def wait_until_redrawn(page: Page, name: str, before: str) -> None:
    page.wait_for_function(f"([name, before]) => ({DRAWN})(name) !== before", arg=[name, before])
    page.wait_for_selector(IDLE)


def test_from_the_answers_to_a_link_of_what_was_found(browser, address):
    page = browser.new_context(viewport=LAPTOP).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{address}/why?family=VAE")
    page.wait_for_selector(".st-key-mixture-images canvas")
    page.wait_for_selector(IDLE)
    expect(page.get_by_role("heading", name="Why samples fail", exact=True)).to_be_visible()
    assert page.evaluate(BOTTOM) <= LAPTOP["height"]  # whole without a scroll
    for scheme in ("dark", "light"):
        show_in(page, scheme)
        assert found_in(page) == []

    # Dragging the slider decodes nothing anew, yet changes the images and the link.
    page.get_by_role("tab", name="Interpolation").click()
    slider = page.get_by_role("slider", name="From N(0, I) to the Gaussian mixture")
    slider.wait_for()
    page.wait_for_selector(".st-key-path canvas")
    before = page.evaluate(DRAWN, "path")
    slider.press("End")
    wait_until_redrawn(page, "path", before)
    page.wait_for_function("() => location.search.includes('step=16')")
    page.wait_for_selector(IDLE)

    page.get_by_role("tab", name="Would other training help?").click()
    page.locator(".st-key-study canvas, .st-key-study svg").first.wait_for()
    page.wait_for_selector(IDLE)
    assert found_in(page) == []

    # The link opens what was found, on a telephone too.
    found = urlsplit(page.url)
    assert {"step", "family", "tab"} <= set(parse_qs(found.query))
    again = browser.new_context(**PHONE).new_page()
    again.set_default_timeout(PATIENCE)
    again.goto(f"{address}/why?{found.query}")
    again.locator(".st-key-study canvas, .st-key-study svg").first.wait_for()
    again.wait_for_selector(IDLE)
    width = again.evaluate("() => document.documentElement.scrollWidth")
    assert width <= PHONE["viewport"]["width"]
    again.get_by_role("tab", name="Interpolation").click()
    assert again.get_by_role("slider", name="From N(0, I)").input_value() == "16"
