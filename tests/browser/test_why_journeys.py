from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from benchmarks.browser import DESKTOP, IDLE, PATIENCE, PHONE

pytestmark = pytest.mark.browser

# A component keeps its canvases in a shadow root, where only a loop over all elements finds them.
DRAWN = """(name) => [...document.querySelectorAll(`.st-key-${name} *`)]
  .flatMap((element) => [...(element.shadowRoot?.querySelectorAll("canvas") ?? [])])
  .map((canvas) => canvas.toDataURL())
  .join(" ")"""
PARTS = (".st-key-map .js-plotly-plot", ".st-key-walk canvas", ".st-key-normal-pictures canvas")


@pytest.fixture
def open_why(browser, address):
    """open_why(query="", watch=..., **context) -> the page, idle and drawn."""
    contexts = []

    def open_why(query: str = "", watch=lambda page: None, **settings) -> Page:
        contexts.append(browser.new_context(**{"viewport": DESKTOP} | settings))
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE)
        watch(page)
        page.goto(f"{address}/why{query}")
        wait_until_drawn(page)
        return page

    yield open_why
    for context in contexts:
        context.close()


def wait_until_drawn(page: Page) -> None:
    page.wait_for_selector(IDLE)
    for part in PARTS:
        page.wait_for_selector(part)


def drawn(page: Page, name: str) -> str:
    return page.evaluate(DRAWN, name)


def wait_until_redrawn(page: Page, name: str, before: str) -> None:
    page.wait_for_function(f"([name, before]) => ({DRAWN})(name) !== before", arg=[name, before])


def test_from_the_first_look_to_a_link_of_what_was_found(open_why, address):

    asked: set[str] = set()

    def watch(page: Page) -> None:
        page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))

    page = open_why(watch=watch)
    expect(page.get_by_role("heading", name="Why", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="1 · Where the prior asks")).to_be_visible()

    # Dragging the slider decodes nothing anew, yet changes the pictures and the link.
    before = drawn(page, "walk")
    slider = page.get_by_role("slider", name="From N(0, I) to the Gaussian mixture")
    slider.press("End")
    wait_until_redrawn(page, "walk", before)
    page.wait_for_function("() => location.search.includes('way=16')")
    page.wait_for_selector(IDLE)

    # Another prior: the same start, another goal.
    arrived = drawn(page, "walk")
    page.get_by_role("heading", name="Why", exact=True).scroll_into_view_if_needed()
    page.wait_for_timeout(300)  # ms; a list closes when the page scrolls
    page.get_by_role("combobox", name="Against N(0, I) stands the").click()
    page.get_by_role("option", name="one Gaussian").click()
    wait_until_redrawn(page, "walk", arrived)
    page.wait_for_selector(IDLE)

    # Another family: other samples of N(0, I).
    normal = drawn(page, "normal-pictures")
    page.get_by_role("radio", name="VAE").or_(page.get_by_role("button", name="VAE")).first.click()
    wait_until_redrawn(page, "normal-pictures", normal)
    page.wait_for_function("() => location.search.includes('family=VAE')")
    page.wait_for_selector(IDLE)

    # The link opens what was found.
    found = urlsplit(page.url)
    assert {"way", "family", "against"} <= set(parse_qs(found.query))
    again = open_why(f"?{found.query}")
    samples = drawn(page, "normal-pictures")
    again.wait_for_function(
        f"([name, wanted]) => ({DRAWN})(name) === wanted", arg=["normal-pictures", samples]
    )
    assert drawn(again, "walk") == drawn(page, "walk")

    assert asked - {""} == {urlsplit(address).netloc}  # "" is what the page made itself


def test_a_phone_needs_no_sideways_scrolling(open_why):
    page = open_why(**PHONE)
    width = page.evaluate("() => document.documentElement.scrollWidth")
    assert width <= PHONE["viewport"]["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_in_light_and_dark(open_why, scheme):
    page = open_why(color_scheme=scheme)
    page.wait_for_timeout(500)  # ms; widgets fade in
    serious = [
        violation["id"]
        for violation in Axe().run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
    ]
    assert not serious
