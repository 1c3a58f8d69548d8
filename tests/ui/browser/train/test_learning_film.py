"""The film's own script on an empty page, called as Streamlit calls it, to the moment."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from ballgen.ui.train.film import HTML
from ballgen.ui.widgets import HERE

pytestmark = pytest.mark.browser

PACE = 160  # ms, as in the script
OPEN = """async ([html, script]) => {
  const host = document.body.appendChild(document.createElement("div"))
  const parentElement = host.attachShadow({ mode: "open" })
  parentElement.innerHTML = html
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }))
  const { default: film } = await import(url)
  window.told = []
  window.leaves = []
  const setStateValue = (name, value) => window.told.push(value)
  window.call = (data) => window.leaves.push(film({ data, parentElement, setStateValue }))
  window.remove = () => host.remove()
}"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """With call(data), leaves of every call so far, told, and remove()."""
    page = browser.new_page()
    parts = ("shared", "rows", "learning_film")
    script = "\n".join((HERE / f"{part}.js").read_text(encoding="utf-8") for part in parts)
    page.evaluate(OPEN, [HTML, script])
    yield page
    page.close()


def film(run: str, epochs: int, begin: int | None) -> dict:
    """What is sent of a run whose images are 4 px wide and all alike."""
    file = io.BytesIO()
    Image.new("RGB", (4, 4)).save(file, "webp")
    sheet = base64.b64encode(file.getvalue()).decode()
    frame = {"samples": sheet, "reconstructions": sheet, "coordinates": None}
    return {
        "run": run,
        "epoch": begin,
        "colour": "#000000",
        "rows": [{"label": "real", "colour": "#000000"}, {"label": "AE", "colour": "#000000"}],
        "losses": [[epoch, 1 / epoch] for epoch in range(1, epochs + 1)],
        "image": {"width": 4, "height": 4, "samples": 1, "reconstructions": 1, "sheetColumns": 1},
        "alts": {"samples": "", "reconstructions": "", "map": ""},
        "classes": [],
        "labels": [],
        "corners": [0, 0, 0, 0],
        "originals": sheet,
        "frames": [{"epoch": epoch} | frame for epoch in range(1, epochs + 1)],
    }


def call(page: Page, data: dict) -> None:
    page.evaluate("data => call(data)", data)


def expect_epoch(page: Page, epoch: int) -> None:
    expect(page.locator(".learning")).to_have_attribute("data-epoch", str(epoch))


def play(page: Page) -> None:
    page.get_by_role("button", name="Play the film").click()


def test_a_film_that_plays_ends_where_another_run_is_chosen(page):
    call(page, film("a", epochs=200, begin=1))
    expect_epoch(page, 1)
    play(page)
    learning = page.locator(".learning").element_handle()
    page.wait_for_function("element => element.dataset.epoch > 2", arg=learning)
    call(page, film("b", epochs=9, begin=7))
    expect_epoch(page, 7)
    page.wait_for_timeout(3 * PACE)
    expect_epoch(page, 7)
    expect(page.get_by_role("button", name="Play the film")).to_be_visible()
    assert page.evaluate("told") == []


def test_a_call_that_was_overtaken_takes_nothing_away_from_the_newer_one(page):
    call(page, film("a", epochs=5, begin=2))
    expect_epoch(page, 2)
    for epochs in (6, 7):
        call(page, film("a", epochs, begin=2))
    page.evaluate("leaves[1]()")
    call(page, film("a", epochs=8, begin=5))
    slider = page.get_by_role("slider", name="Epoch")
    expect(slider).to_have_count(1)
    expect(slider).to_have_attribute("max", "7")
    expect_epoch(page, 2)  # a new view would begin at 5


def test_a_film_whose_first_call_was_overtaken_follows_the_newest_epoch(page):
    page.evaluate(
        "([first, second]) => { call(first); call(second) }",
        [film("a", epochs, begin=None) for epochs in (1, 2)],
    )
    expect_epoch(page, 2)
    call(page, film("a", epochs=3, begin=None))
    expect_epoch(page, 3)


def test_a_film_that_leaves_the_page_plays_no_more(page):
    call(page, film("a", epochs=5, begin=1))
    expect_epoch(page, 1)
    play(page)
    page.evaluate("() => { remove(); leaves.at(-1)() }")
    page.wait_for_timeout(6 * PACE)
    assert page.evaluate("told") == []
