from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.browser import PATIENCE, PHONE

pytestmark = pytest.mark.browser

MAP = ".st-key-latent-map .explorer"
FIELD = f"{MAP} .front"
ON_ITS_WAY = 250  # ms
SCREEN = {"width": 1280, "height": 720}
PIXELS = """(canvas) => {
  const { width, height } = canvas
  return Array.from(canvas.getContext("2d").getImageData(0, 0, width, height).data).join()
}"""
SHIFTS = """new PerformanceObserver((list) => {
  for (const one of list.getEntries())
    if (!one.hadRecentInput) window.shifts = (window.shifts ?? 0) + one.value
}).observe({ type: "layout-shift", buffered: true });"""

# When something was sent to the server, in ms.
SENDS = """(() => {
  const send = WebSocket.prototype.send
  window.sends = []
  WebSocket.prototype.send = function (...message) {
    window.sends.push(performance.now())
    return send.apply(this, message)
  }
})()"""
PRESS = """(kind) => {
  document.body.dispatchEvent(new Event(kind, { bubbles: true }))
  return performance.now()
}"""

# As if Streamlit's script were asked to run and had not begun.
HOLD = """() => {
  const app = document.querySelector("[data-testid=stApp]")
  const value = { testScriptState: "rerunRequested" }
  Object.defineProperty(app, "dataset", { value, configurable: true })
  const send = WebSocket.prototype.send
  WebSocket.prototype.send = function (...message) {
    window.sent += 1
    return send.apply(this, message)
  }
}"""


@pytest.fixture
def open_map(browser: Browser, address: str) -> Callable[..., Page]:
    """open_map(query="", **context) -> the page in a fresh context, the map decoded."""

    def open_map(query: str = "", **settings) -> Page:
        context = browser.new_context(**{"viewport": SCREEN} | settings)
        context.add_init_script(SHIFTS + SENDS)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(f"{address}/latent{query}")
        page.wait_for_selector(f"{MAP}[data-mark]")
        return page

    return open_map


def heading(page: Page, text: str | re.Pattern):
    return page.get_by_role("heading", name=text)


def words(page: Page) -> str:
    return page.locator(f"{MAP} .about p").inner_text()


def answer(page: Page) -> str:
    """What the map's panel shows as the decoder's answer."""
    return page.locator(f"{MAP} canvas.answer").evaluate(PIXELS)


def test_the_map_answers_a_pointer_and_a_link_keeps_what_was_chosen(open_map):
    page = open_map()
    # A link that was pressed waits for the script: a question of the map would take its place.
    page.evaluate(HOLD)
    page.wait_for_timeout(500)  # what had been asked is answered
    page.evaluate("window.sent = 0")
    page.wait_for_timeout(500)
    assert page.evaluate("window.sent") == 0
    page.evaluate("delete document.querySelector('[data-testid=stApp]').dataset")
    page.wait_for_selector(f"{MAP}[data-decoded='64']")
    assert page.evaluate("window.sent") > 0
    frame = page.locator(FIELD).bounding_box()
    assert frame["y"] + frame["height"] < SCREEN["height"]  # whole, without a scroll
    middle = [frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2]
    corner = [frame["x"] + 20, frame["y"] + frame["height"] - 20]

    # What is under a moving pointer is answered here, what is under a resting one by the server.
    page.mouse.move(*middle)
    first = answer(page)
    page.mouse.move(*corner)
    assert answer(page) != first
    assert "No data lies near" in words(page)
    page.wait_for_selector(f"{MAP} canvas.answer[data-exact=true]")

    page.mouse.click(*corner)
    expect(heading(page, "A point on the map")).to_be_visible()
    expect(page.locator(".st-key-decoded-images canvas").first).to_be_visible()
    page.wait_for_url("**look=a+point*")
    place = page.get_by_text(re.compile(r"^at -?\d")).inner_text()
    again = open_map("?" + page.url.partition("?")[2])
    expect(again.get_by_text(place, exact=True)).to_be_visible()

    assert page.evaluate("window.shifts") < 0.1
    # An image is in the middle of somewhere: its point is clicked where the map marks it.
    other = open_map("?image=7")
    left, top = map(float, other.locator(MAP).get_attribute("data-mark").split(","))
    field = other.locator(FIELD).bounding_box()
    other.mouse.move(field["x"] + left, field["y"] + top)
    expect(other.locator(f"{MAP} .about p")).to_contain_text(re.compile(r"Image \d+, \w+"))
    other.mouse.click(field["x"] + left, field["y"] + top)
    expect(heading(other, re.compile(r"Image \d+"))).to_be_visible()


@pytest.mark.parametrize("kind", ["pointerdown", "click", "keydown", "input"])
def test_the_map_is_silent_while_somebody_may_choose_beside_it(open_map, kind):
    page = open_map("?embedding=PCA")
    pressed = page.evaluate(PRESS, kind)
    check_silent_since(page, pressed)


def test_the_map_is_silent_after_what_was_chosen_on_it(open_map):
    page = open_map("?embedding=PCA")
    page.locator(FIELD).focus()
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    pressed = page.evaluate("performance.now()")
    heading(page, "A point on the map").wait_for()
    check_silent_since(page, pressed)


def check_silent_since(page: Page, pressed: float) -> None:
    """Though there is more to ask for, nothing is sent for three seconds, but what was on its way:
    Streamlit sends a few milliseconds after it was told to.
    """
    assert page.locator(MAP).get_attribute("data-decoded") != "64"
    page.wait_for_selector(f"{MAP}[data-decoded='64']")
    later = [sent - pressed for sent in page.evaluate("window.sends")]
    assert min(wait for wait in later if wait > ON_ITS_WAY) > 2500


def test_training_images_are_added_by_a_press_and_named_by_the_pointer(open_map):
    page = open_map("?embedding=PCA&shows=")
    page.get_by_role("button", name="Show", exact=True).click()
    page.get_by_role("button", name="Training images").click()
    page.get_by_text("test images and, pale, 96 training images").wait_for()
    page.keyboard.press("Escape")
    page.wait_for_selector(f"{MAP}[data-mark]")
    field = page.locator(FIELD).bounding_box()

    def is_training(share_across: float, share_down: float) -> bool:
        left = field["x"] + share_across * field["width"]
        page.mouse.move(left, field["y"] + share_down * field["height"])
        return words(page).startswith("A training image, ")

    places = product(np.linspace(0.2, 0.8, 25), np.linspace(0.2, 0.8, 15))
    assert any(is_training(*place) for place in places)
    page.mouse.down()
    page.mouse.up()
    heading(page, "A point on the map").wait_for()


def test_points_are_circled_and_hidden_classes_do_not_count(open_map):
    page = open_map()
    baseballs = page.locator(f"{MAP} .legend button").first
    baseballs.click()
    expect(baseballs).to_have_attribute("aria-pressed", "false")
    frame = page.locator(FIELD).bounding_box()
    left, top = frame["x"] + 10, frame["y"] + 60
    right, bottom = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] - 10
    for tool, sides in (("Circle points", 4), ("Select points in a box", 1)):
        page.get_by_role("button", name=tool).click()
        page.mouse.move(left, top)
        page.mouse.down()
        for place in ((right, top), (right, bottom), (left, bottom), (left, top))[-1 - sides :]:
            page.mouse.move(*place, steps=8)
        page.mouse.move(right, bottom) if sides == 1 else None
        page.mouse.up()
        typed = page.get_by_role("textbox", name="Corners")
        wanted = r"^(\S+ ){3}\S+$" if sides == 1 else r"^(\S+ ){9,}\S+$"  # of a box, of a circle
        expect(typed).to_have_value(re.compile(wanted), timeout=PATIENCE)
        expect(page.locator(".st-key-direction-images canvas").first).to_be_visible()
        expect(page.get_by_text("Classes that the legend hides do not count")).to_be_visible()
    page.wait_for_url("**region=*")
    corners = typed.input_value().split()
    across, down = zip(*(one.split(",") for one in corners), strict=True)
    assert [len(corners), len(set(across)), len(set(down))] == [4, 2, 2]
    expect(baseballs).to_have_attribute("aria-pressed", "false")  # it was not mounted anew
    assert "look=" not in page.url


def test_keys_and_fingers_reach_everything(open_map):
    page = open_map()
    page.locator(FIELD).focus()
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(heading(page, "A point on the map")).to_be_visible(timeout=PATIENCE)
    x = page.get_by_role("spinbutton", name="Coordinate x")
    x.fill("500")
    page.keyboard.press("Enter")
    page.wait_for_url("**x=500*")
    page.get_by_role("radio", name="a point").check(force=True)
    expect(page.get_by_text("No data lies near this point")).to_be_visible(timeout=PATIENCE)

    phone = open_map("?dims=3-D", **PHONE)
    sizes = phone.evaluate(
        """() => [document.documentElement, document.querySelector("[data-testid=stMain]")]
          .map((element) => [element.scrollWidth, element.clientWidth])"""
    )
    assert all(scroll <= client for scroll, client in sizes), sizes
