from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import av
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from ballgen.data.media import GAP
from ballgen.ui.interpolate.ends import OFFERED
from benchmarks.browser import IDLE, PHONE
from tests.helpers.films import drag, drawn, grab, open_at, slider, swipe, wait_until_scrolled
from tests.helpers.following import follow
from tests.helpers.keys import tab_to

pytestmark = pytest.mark.browser


KEY = "two-ends"
A_FRAME = 1000 / 60  # ms
# As a drag does before it ends: the server, told of it, could answer after the test has led on.
TO_THE_MIDDLE = """(input) => {
  input.value = "24"
  input.dispatchEvent(new Event("input", { bubbles: true }))
}"""


@pytest.fixture(scope="module")
def sent() -> list:
    """Every message of the page to the server."""
    return []


@pytest.fixture(scope="module")
def opened(browser: Browser, address: str, sent: list) -> Iterator[Page]:
    page = open_at(browser, address, "/interpolate", sent)
    yield page
    page.context.close()


@pytest.fixture
def page(opened: Page) -> Page:
    """The same page for tests that begin in the middle of its films, whatever came before."""
    if urlsplit(opened.url).query:
        follow(opened, "/interpolate")
    slider(opened, KEY).evaluate(TO_THE_MIDDLE)
    opened.wait_for_selector(IDLE)
    return opened


def test_the_images_follow_the_drag_and_nobody_is_asked(page, sent):
    handle = slider(page, KEY)
    expect(handle).to_have_value("24")
    middle = drawn(page, KEY)
    assert len(set(middle.split(" "))) == 3  # AE, VAE and GAN differ
    before = len(sent)
    grab(page, handle, 0.5)
    drag(page, handle, 0.8)
    later = drawn(page, KEY)
    drag(page, handle, 0.98)
    last = drawn(page, KEY)
    for film in range(3):
        assert len({shown.split(" ")[film] for shown in (middle, later, last)}) == 3
    page.wait_for_timeout(300)
    assert len(sent) == before  # not a word to the server
    page.mouse.up()
    page.wait_for_url(f"**at={handle.input_value()}")
    page.wait_for_selector(IDLE)
    assert drawn(page, KEY) == last


def test_a_film_is_redrawn_within_a_frame(page):
    times = slider(page, KEY).evaluate(
        """(input) => Array.from({ length: 60 }, (_, index) => {
          const start = performance.now()
          input.value = index % 49
          input.dispatchEvent(new Event("input", { bubbles: true }))
          return performance.now() - start
        })"""
    )
    assert sorted(times)[57] < A_FRAME, times


def test_keys_alone_move_the_film(page):
    before = drawn(page, KEY)
    handle = slider(page, KEY)
    handle.focus()
    page.keyboard.press("ArrowRight")
    expect(handle).to_have_value("25")
    assert drawn(page, KEY) != before
    page.keyboard.press("ArrowLeft")
    assert drawn(page, KEY) == before
    page.keyboard.press("End")
    expect(handle).to_have_attribute("aria-valuetext", "100 %")


def test_pointing_at_the_strip_leads_there(page):
    strip = page.locator(f".st-key-{KEY} .map").nth(1)
    box = strip.bounding_box()
    page.mouse.click(box["x"] + box["width"] - 3, box["y"] + box["height"] / 2)
    expect(slider(page, KEY)).to_have_value("48")


@pytest.fixture(scope="module")
def on_a_telephone(browser: Browser, address: str) -> Iterator[tuple[Page, list]]:
    """The page, and every message that it sends to the server."""
    sent: list = []
    page = open_at(browser, address, "/interpolate", sent, **PHONE)
    yield page, sent
    page.context.close()


def test_a_finger_moves_the_film_sideways_and_scrolls_the_page_up_and_down(on_a_telephone):
    page, sent = on_a_telephone
    handle, main = slider(page, KEY), page.get_by_test_id("stMain")
    film = page.locator(f".st-key-{KEY} canvas.large").nth(1)
    film.scroll_into_view_if_needed()
    box = film.bounding_box()
    right = box["x"] + box["width"] - 4, box["y"] + box["height"] / 2
    scrolled, said = main.evaluate("main => main.scrollTop"), len(sent)
    swipe(page, right, across=10, down=-250)
    page.wait_for_function(
        "at => document.querySelector('[data-testid=stMain]').scrollTop > at", arg=scrolled
    )
    expect(handle).to_have_value("24")
    assert len(sent) == said
    wait_until_scrolled(page)
    main.evaluate("main => main.scrollTo(0, 0)")  # or the page's bar may lie over the film
    half = film.bounding_box()["width"] / 2
    swipe(page, middle(film), across=half, down=0, end="touchCancel")
    expect(handle).to_have_value("24")
    assert len(sent) == said
    # A busy browser may lose a finger, as people know.
    repeat_until(handle, "0", lambda: swipe(page, middle(film), across=-half, down=0))
    page.wait_for_url("**at=0*")
    page.wait_for_selector(IDLE)
    repeat_until(handle, "24", lambda: swipe(page, middle(film), across=0, down=0))


def middle(element: Locator) -> tuple[float, float]:
    box = element.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def repeat_until(handle: Locator, value: str, act: Callable[[], None]) -> None:
    for _ in range(5):
        act()
        if handle.input_value() == value:
            break
    expect(handle).to_have_value(value)


def test_a_link_reopens_the_view(page, browser, address):
    follow(page, "/interpolate?path=linear&a_number=5")
    handle = slider(page, KEY)
    handle.focus()
    page.keyboard.press("PageUp")
    page.wait_for_url("**at=*")
    page.wait_for_selector(IDLE)
    # Another setting changes, and the place on the way stays.
    page.get_by_role("radio", name="spherical").click()
    page.wait_for_url(lambda url: "path=" not in url and "at=" in url)
    page.wait_for_selector(IDLE)
    again = open_at(browser, address, page.url.removeprefix(address))
    expect(slider(again, KEY)).to_have_value(handle.input_value())
    assert handle.input_value() != "24"
    assert drawn(again, KEY) == drawn(page, KEY)
    expect(again.get_by_role("spinbutton", name="Number").first).to_have_value("5")
    # An end is chosen by its image, which then stands first, and in the link.
    others = again.locator(".st-key-a-choice button img")
    expect(others).to_have_count(1 + OFFERED)
    name = others.nth(3).get_attribute("alt")
    others.nth(3).locator("xpath=ancestor::button").press("Enter")
    expect(others.first).to_have_attribute("alt", name)
    number = name.removeprefix("Test image ").split(",")[0]
    again.wait_for_url(f"**a_number={number}*")


def test_a_point_moves_over_the_plane_between_four_corners(page, sent):
    follow(page, "/interpolate?view=four+images")
    key = "four-corners"
    plane = page.locator(f".st-key-{key} .map").first
    plane.wait_for()
    before, said = drawn(page, key), len(sent)
    box = plane.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 2, box["y"] + box["height"] - 2, steps=4)
    expect(slider(page, key, 0)).to_have_value("0")
    expect(slider(page, key, 1)).to_have_value("12")
    assert drawn(page, key) != before
    assert len(sent) == said
    page.mouse.up()
    page.wait_for_url("**over=0-12*")


def test_the_frame_on_the_strip_is_always_around_one_image(page):
    follow(page, "/interpolate?view=arithmetic")
    places = slider(page, "arithmetic").evaluate(
        """(input) => {
          const strip = input.getRootNode().querySelector(".map")
          const mark = strip.querySelector(".mark")
          return Array.from({ length: Number(input.max) + 1 }, (_, value) => {
            input.value = value
            input.dispatchEvent(new Event("input", { bubbles: true }))
            const [outer, inner] = [strip, mark].map((one) => one.getBoundingClientRect())
            return (inner.left - outer.left) / inner.width
          })
        }"""
    )
    assert sorted({round(place) for place in places}) == list(range(9))
    assert all(abs(place - round(place)) < 0.05 for place in places), places


def test_sliders_of_dimensions_follow_the_drag(page, sent, browser):
    follow(page, "/interpolate?view=traversals&model=AE&dimensions=6")
    page.wait_for_selector(".st-key-z-ae-5 canvas.large")
    before, other, said = drawn(page, "z-ae-0"), drawn(page, "z-ae-1"), len(sent)
    handle = slider(page, "z-ae-0")
    grab(page, handle, 0.5)
    drag(page, handle, 0.02)
    expect(handle).to_have_value("0")
    assert drawn(page, "z-ae-0") != before
    assert drawn(page, "z-ae-1") == other
    assert len(sent) == said
    page.mouse.up()
    page.wait_for_url("**ae_z0=0*")
    again = open_at(browser, "", page.url)
    expect(slider(again, "z-ae-0")).to_have_value("0")
    number = page.locator(".st-key-a_number input")
    number.fill("3")
    number.press("Enter")
    expect(handle).not_to_have_value("0")  # where the other picture itself stands
    page.wait_for_selector(IDLE)
    assert "ae_z0" not in page.url


FILES = {  # by view and button: how a file's name ends, and how it begins
    "two images": {
        "GIF": ("gif", b"GIF8"),
        "MP4": ("mp4", b"\0\0\0"),
        "PNG strip": ("png", b"\x89PNG"),
    },
    "four images": {"PNG": ("png", b"\x89PNG")},
}


@pytest.mark.parametrize("view", FILES)
def test_films_can_be_taken_away(page, view):
    follow(page, f"/interpolate?view={view}")
    for button, (suffix, start) in FILES[view].items():
        with page.expect_download() as download:
            page.get_by_role("button", name=button, exact=True).click()
        assert download.value.suggested_filename == f"ballgen.{suffix}"
        content = download.value.path().read_bytes()
        assert content.startswith(start), button
        if suffix == "mp4":
            with av.open(io.BytesIO(content)) as film:
                frames = [frame.width for frame in film.decode(video=0)]
            assert len(frames) == 49 + 47  # there and back
            assert set(frames) == {3 * (4 * 32) + 4 * GAP}


def test_downloads_can_be_reached_by_keyboard_alone(page):
    for button, (suffix, _) in FILES["two images"].items():
        slider(page, KEY).focus()
        tab_to(page, page.get_by_role("button", name=button, exact=True), 20)
        with page.expect_download() as download:
            page.keyboard.press("Enter")
        assert download.value.suggested_filename == f"ballgen.{suffix}"


def test_a_telephone_shows_three_films_side_by_side(on_a_telephone):
    page, _ = on_a_telephone
    for view, key in (("four images", "four-corners"), ("two images", KEY)):
        follow(page, f"/interpolate?view={view}")
        films = page.locator(f".st-key-{key} canvas.large")
        films.first.wait_for()
        scroll, client = page.evaluate(
            """() => { const main = document.querySelector("[data-testid=stMain]")
            return [main.scrollWidth, main.clientWidth] }"""
        )
        assert scroll <= client
    assert len({film.bounding_box()["y"] for film in films.all()}) == 1
