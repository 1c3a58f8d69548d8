from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from benchmarks.browser import IDLE, PHONE
from tests.browser.films import DRAWN, drag, drawn, grab, open_at, slider

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def leave_nothing_open(browser):
    yield
    for context in browser.contexts:
        context.close()


def test_all_twelve_balls_turn_under_one_slider(browser, address):
    sent: list = []
    page = open_at(browser, address, "/data", sent)
    before, said = drawn(page, "turning").split(" "), len(sent)
    assert len(set(before)) == 12
    handle = slider(page, "turning")
    grab(page, handle, 0.1)
    drag(page, handle, 0.4)
    after = drawn(page, "turning").split(" ")
    assert all(old != new for old, new in zip(before, after, strict=True))
    assert len(sent) == said
    page.mouse.up()
    page.wait_for_url("**turn=*")


def test_moving_a_slider_draws_another_ball_and_the_link_keeps_it(browser, address):
    page = open_at(browser, address, "/data?view=draw+one")
    key = "drawn-ball"
    before = drawn(page, key)
    thumb = page.get_by_role("slider", name="Angle")
    thumb.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(f"([key, before]) => ({DRAWN})(key) !== before", arg=[key, before])
    page.wait_for_url("**angle=25*")
    page.wait_for_selector(IDLE)
    page.wait_for_timeout(300)
    again = open_at(browser, address, page.url.removeprefix(address))
    assert drawn(again, key) == drawn(page, key)


def test_a_class_filters_the_pictures_of_a_source(browser, address):
    page = browser.new_page()
    page.goto(f"{address}/data?view=look+at+a+source")
    page.get_by_text("2,000 of 2,000 pictures").wait_for(timeout=60_000)
    page.get_by_role("button", name="basketball").or_(
        page.get_by_role("checkbox", name="basketball")
    ).first.click()
    expect(page.get_by_text("2,000 of 2,000 pictures")).to_have_count(0, timeout=20_000)
    page.wait_for_url("**classes=basketball*")
    page.close()


@pytest.mark.parametrize("view", ["all balls", "draw one"])
def test_a_telephone_needs_no_sideways_scrolling(browser, address, view):
    page = open_at(browser, address, f"/data?view={view.replace(' ', '+')}", **PHONE)
    scroll, client = page.evaluate(
        """() => { const main = document.querySelector("[data-testid=stMain]")
        return [main.scrollWidth, main.clientWidth] }"""
    )
    assert scroll <= client


@pytest.mark.parametrize(("view", "scheme"), [("all balls", "dark"), ("draw one", "light")])
def test_it_can_be_read_in_light_and_dark(browser, address, view, scheme):
    path = f"/data?view={view.replace(' ', '+')}"
    page = open_at(browser, address, path, color_scheme=scheme)
    serious = [
        (violation["id"], [node["html"][:120] for node in violation["nodes"]])
        for violation in Axe().run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
    ]
    assert serious == []
