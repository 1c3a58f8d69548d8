from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from benchmarks.browser import DESKTOP, IDLE, PATIENCE, PHONE, serve

pytestmark = pytest.mark.browser

PLOT = ".st-key-latent-map .js-plotly-plot"
GROUND = f"{PLOT} .nsewdrag"

# Where on the screen a row of the map lies, and the other way round.
POSITION = """([plot, row]) => {
  const map = document.querySelector(plot)
  const frame = map.querySelector(".nsewdrag").getBoundingClientRect()
  const { xaxis, yaxis } = map._fullLayout
  for (const [trace, points] of map.calcdata.entries())
    for (const [index, point] of points.entries())
      if (map._fullData[trace].customdata[index] === row)
        return { x: frame.left + xaxis.d2p(point.x), y: frame.top + yaxis.d2p(point.y) }
}"""
# The point that has most room around it, so that no other one lies above it.
LONELIEST = """(plot) => {
  const map = document.querySelector(plot)
  const all = map.calcdata.flatMap((points, trace) => points.map(
    (point, index) => ({ x: point.x, y: point.y, row: map._fullData[trace].customdata[index] })))
  const room = (one) => Math.min(...all.filter((other) => other !== one)
    .map((other) => Math.hypot(other.x - one.x, other.y - one.y)))
  return all.reduce((best, one) => (room(one) > room(best) ? one : best)).row
}"""
SHOWN = """[...document.querySelectorAll("*")]
  .map((one) => one.shadowRoot?.querySelector(".thumbnail"))
  .find((one) => one?.style.display === "block")"""
THUMBNAIL = f"() => ({SHOWN})?.dataset.image ?? null"
# Its canvas' width in pixels of its own, and on the screen.
WIDTHS = f"""() => {{
  const canvas = ({SHOWN}).querySelector("canvas")
  return [canvas.width, canvas.getBoundingClientRect().width * devicePixelRatio]
}}"""
HIDES = """((plot) => document.querySelector(plot)._fullData[0].visible === "legendonly")"""
NO_WEBGL = """HTMLCanvasElement.prototype.getContext = ((usual) =>
  function (kind, ...rest) { return /webgl/.test(kind) ? null : usual.call(this, kind, ...rest) }
)(HTMLCanvasElement.prototype.getContext)"""
LISTENERS = "(plot) => document.querySelector(plot)._ev.listenerCount('plotly_click')"
# A map that stays while what watches it comes and goes.
WATCHED_OR_NOT = """
import plotly.graph_objects as go
import streamlit as st

from ballgen.data.sportballs.sets import make_balls
from ballgen.ui.latent.pointer import watch_map
from ballgen.ui.widgets.images import to_sheet

with st.container(key="latent-map"):
    st.plotly_chart(go.Figure(go.Scatter(x=[0, 1], y=[0, 1], customdata=[0, 1])), key="plot")
if st.checkbox("Watched", True):
    images = make_balls(2, "test")
    watch_map("latent-map", to_sheet(images.images()), images.image_shape, (0.5, 0.5), [])
"""


@pytest.fixture
def open_map(browser: Browser, address: str) -> Callable[..., Page]:
    """open_map(query="", **context) -> the page in a fresh context, idle and drawn."""

    def open_map(query: str = "", **settings) -> Page:
        context = browser.new_context(**{"viewport": DESKTOP} | settings)
        return open_in(context, f"{address}/latent{query}")

    return open_map


def open_in(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(url)
    page.wait_for_selector(IDLE)
    page.wait_for_selector(f"{PLOT} [data-mark]", state="attached")
    return page


@pytest.fixture(scope="module")
def open_once(browser: Browser, address: str) -> Iterator[Page]:
    with browser.new_context(viewport=DESKTOP) as context:
        yield open_in(context, f"{address}/latent")


@pytest.fixture
def page(open_once: Page) -> Page:
    """The same page for tests that do not mind what the one before selected.

    A map is seven seconds of a core until it is drawn.
    """
    open_once.wait_for_selector(IDLE)
    open_once.mouse.move(0, 0)
    return open_once


def hover(page: Page, row: int) -> None:
    position = page.evaluate(POSITION, [PLOT, row])
    page.mouse.move(position["x"] - 3, position["y"])
    page.mouse.move(position["x"], position["y"])
    page.wait_for_function(f"(row) => ({THUMBNAIL})() === String(row)", arg=row)


def click_on(page: Page, row: int) -> None:
    position = page.evaluate(POSITION, [PLOT, row])
    page.mouse.move(position["x"] - 3, position["y"])
    page.mouse.click(position["x"], position["y"])


def corner(page: Page) -> tuple[float, float]:
    """On the map, where no point is."""
    frame = page.locator(GROUND).bounding_box()
    return frame["x"] + 12, frame["y"] + 12


def heading(page: Page, text: str):
    return page.get_by_role("heading", name=text)


def test_a_map_with_an_image_beside_it(page):
    expect(heading(page, "Latent space")).to_be_visible()
    expect(heading(page, "Image 0")).to_be_visible()
    assert page.locator(GROUND).bounding_box()["width"] > 300
    assert page.locator(f"{PLOT} .scatterlayer .point").count() == 96
    expect(page.locator(".st-key-selected-images canvas").first).to_be_visible()


def test_hovering_shows_the_image(page):
    row = page.evaluate(LONELIEST, PLOT)
    assert page.evaluate(THUMBNAIL) is None
    hover(page, row)
    page.mouse.move(*corner(page))
    page.wait_for_function(f"() => ({THUMBNAIL})() === null")


def test_a_thumbnails_pixels_are_pixels_of_the_screen(page):
    row, screen = page.evaluate(LONELIEST, PLOT), page.context.new_cdp_session(page)
    try:
        for zoom in (1, 1.25, 1.5):
            shown = DESKTOP | {"deviceScaleFactor": zoom, "mobile": False}
            screen.send("Emulation.setDeviceMetricsOverride", shown)
            page.wait_for_function("(zoom) => devicePixelRatio === zoom", arg=zoom)
            hover(page, row)
            own, on_screen = page.evaluate(WIDTHS)
            assert own % 32 == 0  # each of the image's 32 columns is as wide
            assert on_screen == pytest.approx(own, abs=0.1)
            assert 80 <= on_screen / zoom <= 112
            page.mouse.move(*corner(page))
            page.wait_for_function(f"() => ({THUMBNAIL})() === null")
    finally:
        shown = DESKTOP | {"deviceScaleFactor": 1, "mobile": False}
        screen.send("Emulation.setDeviceMetricsOverride", shown)


def test_a_click_on_a_point_shows_its_image(page):
    row = page.evaluate(LONELIEST, PLOT)
    click_on(page, row)
    expect(heading(page, f"Image {row}")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile(f"^Test image {row}, and"))).to_be_visible()
    page.wait_for_url(f"**image={row}*")


def test_a_click_between_points_is_decoded_and_a_link_shows_it_again(page, open_map):
    page.mouse.click(*corner(page))
    expect(heading(page, "A point on the map")).to_be_visible()
    expect(page.get_by_text("No data lies near this point")).to_be_visible()
    expect(page.locator(".st-key-decoded-images canvas").first).to_be_visible()
    page.wait_for_url("**look=a+point*")
    again = open_map("?" + page.url.partition("?")[2])
    expect(heading(again, "A point on the map")).to_be_visible()
    place = page.get_by_text(re.compile(r"^at -?\d")).inner_text()
    expect(again.get_by_text(place, exact=True)).to_be_visible()


def test_circling_points_gathers_them(open_map):
    page = open_map()
    page.locator(f"{PLOT} .legendtoggle").first.click(force=True)
    page.wait_for_function(f"{HIDES}('{PLOT}')")
    frame = page.locator(GROUND).bounding_box()
    left, top = frame["x"] + 10, frame["y"] + 10
    right, bottom = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] - 10
    page.mouse.move(left, top)
    page.mouse.down()
    for place in ((right, top), (right, bottom), (left, bottom), (left, top)):
        page.mouse.move(*place, steps=8)
        page.evaluate("() => new Promise(requestAnimationFrame)")  # a way back at once is a click
    page.mouse.up()
    for images in ("region", "direction"):
        drawn = page.locator(f".st-key-{images}-images canvas").first
        expect(drawn).to_be_visible(timeout=PATIENCE)
    page.wait_for_url("**region=*")
    expect(page.get_by_text("Classes that the legend hides do not count")).to_be_visible()
    assert page.evaluate(f"{HIDES}('{PLOT}')")  # the map was not mounted anew
    assert "look=" not in page.url  # back where it began is no click
    again = open_map("?" + page.url.partition("?")[2])
    expect(again.locator(f"{PLOT} [data-region] polygon")).to_be_visible()


def test_without_webgl_words_stand_where_three_dimensions_would(browser, address):
    with browser.new_context(viewport=DESKTOP) as context:
        context.add_init_script(NO_WEBGL)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(f"{address}/latent?dims=3-D")
        page.get_by_text("it has no WebGL. Choose 2-D").wait_for()
        assert "get.webgl.org" not in page.content()


def test_a_box_gathers_points_too(page):
    frame = page.locator(GROUND).bounding_box()
    page.mouse.move(*corner(page))
    page.locator(f"{PLOT} .modebar-btn[data-val=select]").click()
    page.mouse.move(frame["x"] + 10, frame["y"] + 10)
    page.mouse.down()
    right, bottom = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] - 10
    page.mouse.move(right, bottom, steps=8)
    page.mouse.up()
    expect(page.locator(".st-key-region-images canvas").first).to_be_visible(timeout=PATIENCE)
    page.wait_for_url("**region=*")
    corners = page.get_by_role("textbox", name="Corners").input_value().split()
    across, down = zip(*(one.split(",") for one in corners), strict=True)
    assert [len(corners), len(set(corners)), len(set(across)), len(set(down))] == [4, 4, 2, 2]
    page.mouse.move(*corner(page))
    expect(page.locator(f"{PLOT} .modebar-btn[data-val=lasso]")).to_be_visible()


def test_a_map_that_is_no_longer_watched_tells_nothing(browser, tmp_path):
    script = tmp_path / "watched.py"
    script.write_text(WATCHED_OR_NOT)
    with serve(script=script) as address, browser.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        mark = page.locator(f"{PLOT} [data-mark]")
        mark.wait_for(state="attached")
        watched = page.evaluate(LISTENERS, PLOT)
        tick = page.get_by_text("Watched")
        tick.click()
        mark.wait_for(state="detached")
        page.wait_for_selector(IDLE)
        assert page.evaluate(LISTENERS, PLOT) == watched - 1
        tick.click()
        mark.wait_for(state="attached")
        assert page.evaluate(LISTENERS, PLOT) == watched
        assert mark.count() == 1


def test_the_keyboard_reaches_coordinates_too(open_map):
    page = open_map()
    x = page.get_by_role("spinbutton", name="Coordinate x")
    x.focus()
    page.keyboard.type("500")
    page.keyboard.press("Enter")
    page.wait_for_url("**x=*")
    page.get_by_role("radio", name="an image").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page.get_by_text("No data lies near this point")).to_be_visible()


def test_a_phone_needs_no_sideways_scrolling(open_map):
    page = open_map(**PHONE)
    sizes = page.evaluate(
        """() => [document.documentElement, document.querySelector("[data-testid=stMain]")]
          .map((element) => [element.scrollWidth, element.clientWidth])"""
    )
    assert all(scroll <= client for scroll, client in sizes), sizes
