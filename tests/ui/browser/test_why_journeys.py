from __future__ import annotations

import contextlib
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, TimeoutError, expect

from benchmarks.browser import DESKTOP, IDLE, PATIENCE, PHONE

pytestmark = pytest.mark.browser

# A component keeps its canvases in a shadow root, where only a loop over all elements finds them.
DRAWN = """(name) => [...document.querySelectorAll(`.st-key-${name} *`)]
  .flatMap((element) => [...(element.shadowRoot?.querySelectorAll("canvas") ?? [])])
  .map((canvas) => canvas.toDataURL())
  .join(" ")"""
STANDS = """() => new Promise((done) => {
  const places = () => [...document.querySelectorAll("*")].map((one) => one.scrollTop).join()
  const before = places()
  requestAnimationFrame(() => requestAnimationFrame(() => done(places() === before)))
})"""
PARTS = (".st-key-map .js-plotly-plot", ".st-key-path canvas", ".st-key-normal-images canvas")


@pytest.fixture
def open_why(browser, address):
    """open_why(query="", watch=..., **context) -> the page, idle and drawn."""

    def open_why(query: str = "", watch=lambda page: None, **settings) -> Page:
        page = browser.new_context(**{"viewport": DESKTOP} | settings).new_page()
        page.set_default_timeout(PATIENCE)
        watch(page)
        page.goto(f"{address}/why{query}")
        wait_until_drawn(page)
        return page

    return open_why


def wait_until_drawn(page: Page) -> None:
    page.wait_for_selector(IDLE)
    for part in PARTS:
        page.wait_for_selector(part)


def drawn(page: Page, name: str) -> str:
    return page.evaluate(DRAWN, name)


def wait_until_redrawn(page: Page, name: str, before: str) -> None:
    page.wait_for_function(f"([name, before]) => ({DRAWN})(name) !== before", arg=[name, before])


def test_from_the_first_look_to_a_link_of_what_was_found(open_why, watch):
    watched = []
    page = open_why(watch=lambda page: watched.append(watch(page)))
    expect(page.get_by_role("heading", name="Why", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="1 · Where each prior's codes lie")).to_be_visible()

    # Dragging the slider decodes nothing anew, yet changes the images and the link.
    before = drawn(page, "path")
    slider = page.get_by_role("slider", name="From N(0, I) to the Gaussian mixture")
    slider.press("End")
    wait_until_redrawn(page, "path", before)
    page.wait_for_function("() => location.search.includes('way=16')")
    page.wait_for_selector(IDLE)

    # Another prior: the same start, another goal.
    arrived = drawn(page, "path")
    page.get_by_role("heading", name="Why", exact=True).scroll_into_view_if_needed()
    page.wait_for_function(STANDS)  # a list closes when the page scrolls
    option = page.get_by_role("option", name="full-covariance Gaussian")
    for _ in range(3):  # it also closes when what is above it grows
        page.get_by_role("combobox", name="Compare N(0, I) with").click()
        with contextlib.suppress(TimeoutError):
            option.click(timeout=PATIENCE / 6)
            break
    wait_until_redrawn(page, "path", arrived)
    page.wait_for_selector(IDLE)

    # Another family: other samples of N(0, I).
    normal = drawn(page, "normal-images")
    page.get_by_role("radio", name="VAE", exact=True).click()
    wait_until_redrawn(page, "normal-images", normal)
    page.wait_for_function("() => location.search.includes('family=VAE')")
    page.wait_for_selector(IDLE)

    # The link opens what was found.
    found = urlsplit(page.url)
    assert {"way", "family", "against"} <= set(parse_qs(found.query))
    again = open_why(f"?{found.query}")
    samples = drawn(page, "normal-images")
    again.wait_for_function(
        f"([name, wanted]) => ({DRAWN})(name) === wanted", arg=["normal-images", samples]
    )
    assert drawn(again, "path") == drawn(page, "path")

    watched[0].check()


def test_a_phone_needs_no_sideways_scrolling(open_why):
    page = open_why(**PHONE)
    width = page.evaluate("() => document.documentElement.scrollWidth")
    assert width <= PHONE["viewport"]["width"]
