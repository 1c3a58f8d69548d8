from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from ballgen.data.sources import load_images
from benchmarks.browser import IDLE, PATIENCE, PHONE
from tests.helpers.films import DRAWN, drag, drawn, grab, open_at, slider
from tests.helpers.following import follow

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def sent() -> list:
    """Every message of the page to the server."""
    return []


@pytest.fixture(scope="module")
def page(browser: Browser, address: str, sent: list) -> Iterator[Page]:
    """The same page for all tests, each of which leads it to a link of its own."""
    page = open_at(browser, address, "/data", sent)
    yield page
    page.context.close()


def test_all_twelve_balls_turn_under_one_slider(page, sent):
    before, said = drawn(page, "spinning").split(" "), len(sent)
    assert len(set(before)) == 12
    handle = slider(page, "spinning")
    grab(page, handle, 0.1)
    drag(page, handle, 0.4)
    after = drawn(page, "spinning").split(" ")
    assert all(old != new for old, new in zip(before, after, strict=True))
    assert len(sent) == said
    page.mouse.up()
    page.wait_for_url("**turn=*")


def test_a_drag_goes_on_when_the_server_answers_the_one_before(page):
    follow(page, "/data?view=draw+one")
    follow(page, "/data")
    page.wait_for_selector(".st-key-spinning canvas.large")
    box = page.locator(".st-key-spinning canvas.large").nth(4).bounding_box()

    def point(share: float) -> None:
        page.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2)

    point(0.2)
    page.mouse.down()
    point(0.4)
    page.mouse.up()
    point(0.1)
    page.mouse.down()
    page.wait_for_url("**turn=*")
    page.wait_for_selector(IDLE)
    before = drawn(page, "spinning")
    point(0.8)
    assert drawn(page, "spinning") != before
    turned = page.url
    page.mouse.up()
    page.wait_for_url(lambda url: url != turned)  # or it would come after the next test's link
    page.wait_for_selector(IDLE)


BALL = "drawn-ball"


def angle(page: Page) -> Locator:
    return page.get_by_role("slider", name="Angle")


def wait_until_redrawn(page: Page, before: str) -> None:
    page.wait_for_function(f"([key, before]) => ({DRAWN})(key) !== before", arg=[BALL, before])


def test_a_ball_follows_the_drag_and_nobody_is_asked_before_its_end(page, sent, browser, address):
    follow(page, "/data?view=draw+one")
    page.wait_for_selector(f".st-key-{BALL} canvas.large")
    track = page.locator(".st-key-angle [role=group] > div").bounding_box()

    def point(share: float) -> None:
        page.mouse.move(track["x"] + share * track["width"], track["y"] + track["height"] / 2)

    before, said = drawn(page, BALL), len(sent)
    point(20 / 359)  # where it stands
    page.mouse.down()
    point(0.3)
    wait_until_redrawn(page, before)
    first = drawn(page, BALL)
    point(0.6)
    wait_until_redrawn(page, first)
    assert len(sent) == said
    page.mouse.up()
    page.wait_for_url("**angle=*")
    opened_again_shows_the_same(browser, address, page, angle(page).input_value())


def test_keys_draw_another_ball_and_the_link_keeps_it(page, browser, address):
    last = drawn(page, BALL)
    follow(page, "/data?view=draw+one&ball=rugby&rotation=plane")
    wait_until_redrawn(page, last)
    before = drawn(page, BALL)
    angle(page).focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    wait_until_redrawn(page, before)
    page.wait_for_url("**angle=25*")
    opened_again_shows_the_same(browser, address, page, "25")


def opened_again_shows_the_same(browser, address, page, degrees):
    """The nearest frame has given way to the image itself by then."""
    again = open_at(browser, address, page.url.removeprefix(address))
    expect(angle(again)).to_have_value(degrees, timeout=PATIENCE)
    expect(page.get_by_role("img", name=f"Angle {degrees}°")).to_be_visible()
    page.wait_for_function(
        f"([key, wanted]) => ({DRAWN})(key) === wanted", arg=[BALL, drawn(again, BALL)]
    )


def test_a_class_is_filtered_and_the_link_keeps_it(page):
    balls = load_images("sportballs", "test")
    count = int((balls.labels == balls.class_names.index("volleyball")).sum())
    follow(page, "/data?view=look+at+a+source")
    page.get_by_role("img", name="48 of 2,000 images of sportballs").wait_for()
    page.get_by_role("button", name="volleyball", exact=True).click()
    page.get_by_role("img", name=f"48 of {count} images of sportballs").wait_for()
    expect(page.get_by_text(f"{count} of 2,000 images", exact=True)).to_be_visible()
    page.wait_for_url("**classes=volleyball*")
    page.reload()
    page.get_by_role("img", name=f"48 of {count} images of sportballs").wait_for()
    expect(page.get_by_role("button", name="volleyball", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )


def test_a_range_is_filtered_and_the_link_keeps_it_until_it_is_all_again(page, address):
    balls = load_images("sportballs", "test")
    angles = balls.factors[:, balls.factor_names.index("angle deg")]
    count = f"{int((angles >= 36).sum()):,}"
    page.goto(f"{address}/data?view=look+at+a+source")  # anew: filters stay in a session
    page.get_by_role("img", name="48 of 2,000 images of sportballs").wait_for()
    page.get_by_role("slider", name="angle deg — start").focus()
    page.keyboard.press("PageUp")
    page.get_by_role("img", name=f"48 of {count} images of sportballs").wait_for()
    page.wait_for_url("**only_angle=36&only_angle=359*")
    page.reload()
    page.get_by_role("img", name=f"48 of {count} images of sportballs").wait_for()
    expect(page.get_by_role("slider", name="angle deg — start")).to_have_value("36")
    page.get_by_role("slider", name="angle deg — start").focus()
    page.keyboard.press("PageDown")
    page.get_by_role("img", name="48 of 2,000 images of sportballs").wait_for()
    page.wait_for_url(re.compile("data(?!.*only_angle)"))


def test_a_telephone_needs_no_sideways_scrolling(browser, address):
    page = open_at(browser, address, "/data", **PHONE)
    for view in ("all balls", "draw one"):
        if view == "draw one":
            follow(page, "/data?view=draw+one")
            page.wait_for_selector(f".st-key-{BALL} canvas.large")
        scroll, client = page.evaluate(
            """() => { const main = document.querySelector("[data-testid=stMain]")
            return [main.scrollWidth, main.clientWidth] }"""
        )
        assert scroll <= client
