from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

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
