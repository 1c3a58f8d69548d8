"""The map of the page and of the dashboard, in Chromium, with 100,000 points."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from benchmarks.map import LARGE, open_map

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(browser):
    with browser.new_context(viewport={"width": 800, "height": 600}) as context:
        yield open_map(context, LARGE)


def place(page: Page, row: int) -> list[float]:
    return page.evaluate("(row) => map.toScreen(map.placeOf(row))", row)


def redness(page: Page, left: float, top: float) -> int:
    """Of the map there: how much redder than green."""
    return page.evaluate("([left, top]) => redness(left, top)", [left, top])


def test_all_points_are_drawn_pointed_at_and_hidden(page):
    left, top = place(page, 0)  # red, in a corner of its own
    assert redness(page, left, top) > 100
    assert redness(page, left + 30, top) == 0
    page.mouse.move(left + 2, top)
    assert page.evaluate("told.looked.at(-1)[1]") == 0
    page.evaluate("map.show((row) => row === 0)")
    page.mouse.move(left + 3, top)
    assert page.evaluate("told.looked.at(-1)[1]") == -1
    assert redness(page, left, top) == 0
    page.evaluate("map.show(() => false, (row) => row === 0)")
    assert 0 < redness(page, left, top) < 100  # faded
    page.evaluate("map.show()")


def test_it_zooms_to_the_pointer_and_back(page):
    left, top = place(page, 0)
    page.mouse.move(left, top)
    page.mouse.wheel(0, -900)
    page.wait_for_function("map.view.zoom > 4")
    assert place(page, 0) == pytest.approx([left, top], abs=1)
    assert redness(page, left, top) > 100
    page.locator(".front").focus()
    page.keyboard.press("0")
    page.wait_for_function("map.view.zoom === 1 && map.view.x === 0")
    assert place(page, 0) == pytest.approx([left, top], abs=1)


def test_points_are_circled_and_clicked(page):
    page.keyboard.down("Shift")
    page.mouse.move(300, 200)
    page.mouse.down()
    for corner in ((500, 200), (500, 400), (300, 400)):
        page.mouse.move(*corner, steps=5)
    page.mouse.up()
    page.keyboard.up("Shift")
    corners = page.evaluate("told.circled[0]")
    middle = page.evaluate("map.toMap(400, 300)")
    assert 10 < len(corners) <= 40
    across, up = zip(*corners, strict=True)
    assert min(across) < middle[0] < max(across) and min(up) < middle[1] < max(up)
    assert page.evaluate("told.chose.length") == 0  # a circle is no click
    left, top = place(page, 0)
    page.mouse.click(left, top)
    assert page.evaluate("told.chose[0][1]") == 0
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert page.evaluate("told.chose.length") == 2


def test_three_dimensions_turn(page):
    page.evaluate("showSpace()")
    first = place(page, 0)
    page.mouse.move(400, 300)
    page.mouse.down()
    page.mouse.move(500, 320, steps=5)
    page.mouse.up()
    assert place(page, 0) != pytest.approx(first, abs=5)
    page.mouse.move(*place(page, 0))
    assert page.evaluate("told.looked.at(-1)[1]") == 0
