from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from benchmarks.browser import DESKTOP, PHONE, serve, wait_until_shown

pytestmark = pytest.mark.browser

SHEETS = ("real", "ae", "vae", "gan")

# A component keeps its canvases in a shadow root, where only a loop over all elements finds them.
DRAWN = """(name) => [...document.querySelectorAll(`.st-key-${name}-pictures *`)]
  .flatMap((element) => [...(element.shadowRoot?.querySelectorAll("canvas") ?? [])])
  .map((canvas) => canvas.toDataURL())
  .join(" ")"""


def drawn(page: Page, name: str) -> str:
    """The pixels of a sheet, as the browser has drawn them."""
    return page.evaluate(DRAWN, name)


def all_drawn(page: Page) -> dict[str, str]:
    return {name: drawn(page, name) for name in SHEETS}


def wait_until_redrawn(page: Page, name: str, before: str) -> None:
    page.wait_for_function(f"([name, before]) => ({DRAWN})(name) !== before", arg=[name, before])


def wait_until_drawn_as(page: Page, name: str, wanted: str) -> None:
    page.wait_for_function(f"([name, wanted]) => ({DRAWN})(name) === wanted", arg=[name, wanted])


def seed_field(page: Page) -> Locator:
    return page.get_by_role("spinbutton", name="Seed")


def choose_seed(page: Page, seed: int) -> None:
    seed_field(page).fill(str(seed))
    seed_field(page).press("Enter")


def test_it_opens_on_four_sheets_and_what_became_of_them(open_page):
    page = open_page()
    expect(page.get_by_role("heading", name="Compare")).to_be_visible()
    for name in SHEETS:
        canvas = page.locator(f".st-key-{name}-pictures canvas").first
        expect(canvas).to_be_visible()
        assert canvas.bounding_box()["width"] > 150
    assert len(set(all_drawn(page).values())) == len(SHEETS)
    expect(
        page.get_by_role("img", name="12 samples of the variational autoencoder")
    ).to_be_visible()


def test_each_pixel_becomes_a_square(open_page):
    page = open_page(device_scale_factor=2)
    canvas = page.locator(".st-key-real-pictures canvas").first
    side = canvas.evaluate("canvas => canvas.height")
    assert side % 32 == 0 and side > 32
    assert canvas.bounding_box()["height"] == pytest.approx(side / 2, abs=0.01)
    factor = side // 32
    blocks_are_plain = """(canvas, factor) => {
      const side = 32 * factor
      const { data } = canvas.getContext("2d").getImageData(0, 0, side, side)
      const at = (x, y) => data.slice(4 * (y * side + x), 4 * (y * side + x) + 3).join()
      const colours = new Set()
      for (let y = 0; y < side; y++)
        for (let x = 0; x < side; x++) {
          colours.add(at(x, y))
          if (at(x, y) !== at(x - (x % factor), y - (y % factor))) return 0
        }
      return colours.size
    }"""
    assert canvas.evaluate(blocks_are_plain, factor) > 20


def test_a_seed_draws_other_samples_and_the_same_real_pictures(open_page):
    page = open_page()
    before = all_drawn(page)
    choose_seed(page, 11)
    for name in ("ae", "vae", "gan"):
        wait_until_redrawn(page, name, before[name])
    assert drawn(page, "real") == before["real"]
    page.wait_for_url("**/?seed=11")


def test_a_link_reopens_the_view(open_page):
    page = open_page()
    before = all_drawn(page)
    choose_seed(page, 3)
    wait_until_redrawn(page, "vae", before["vae"])
    between = drawn(page, "vae")
    page.locator(".st-key-vae_prior").get_by_role("combobox").click()
    page.get_by_role("option", name="standard normal").click()
    wait_until_redrawn(page, "vae", between)
    page.wait_for_url("**vae_prior=*")
    again = open_page(page.url.removeprefix(page.evaluate("location.origin")))
    expect(seed_field(again)).to_have_value("3")
    wait_until_drawn_as(again, "vae", drawn(page, "vae"))
    assert all_drawn(again) == all_drawn(page)


def test_the_page_has_an_address_of_its_own_and_back_leads_away(open_page, address):
    page = open_page("/compare?seed=5")
    assert page.url == f"{address}/compare?seed=5"
    page.goto(f"{address}/")
    wait_until_shown(page)
    page.go_back()
    expect(seed_field(page)).to_have_value("5", timeout=20_000)


def test_measuring_fills_in_what_is_not_known(open_page):
    page = open_page("/?temperature=0.5")
    expect(page.get_by_text("not measured")).to_have_count(3)
    page.get_by_role("button", name="Measure these samples").click()
    expect(page.get_by_text("measured now, seed 0")).to_have_count(3, timeout=60_000)


def test_no_foreign_host_is_asked_and_nothing_complains(open_page, address):
    asked, complaints = [], []

    def watch(page: Page) -> None:
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: asked.append(socket.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: complaints.append(message.text) if message.type == "error" else None,
        )

    page = open_page(watch=watch)
    before = drawn(page, "ae")
    choose_seed(page, 2)
    wait_until_redrawn(page, "ae", before)
    own = urlsplit(address).netloc
    foreign = [url for url in asked if urlsplit(url).netloc not in (own, "")]
    assert len(asked) > 5
    assert foreign == []
    assert complaints == []


@pytest.mark.parametrize("width", [390, 320])
def test_a_phone_needs_no_sideways_scrolling(open_page, width):
    page = open_page(**PHONE | {"viewport": {"width": width, "height": 844}})
    sizes = page.evaluate(
        """() => [document.documentElement, ...document.querySelectorAll(
          "[data-testid=stMain], [data-testid=stMainBlockContainer], [data-testid=stTable]")
        ].map((element) => [element.scrollWidth, element.clientWidth])"""
    )
    assert len(sizes) >= 4
    assert all(scroll <= client for scroll, client in sizes), sizes
    for name in SHEETS:
        box = page.locator(f".st-key-{name}-pictures canvas").first.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_in_light_and_dark(open_page, scheme):
    page = open_page(color_scheme=scheme)
    background = page.evaluate(
        "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
    )
    brightness = sum(int(part) for part in background.strip("rgb()").split(","))
    assert (brightness > 3 * 128) == (scheme == "light")
    serious = [
        (violation["id"], [node["html"][:120] for node in violation["nodes"]])
        for violation in Axe().run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
    ]
    assert serious == []


def test_the_seed_can_be_reached_and_changed_by_keyboard_alone(open_page):
    page = open_page()
    before = drawn(page, "gan")
    seed = seed_field(page)
    for _ in range(60):
        page.keyboard.press("Tab")
        if seed.evaluate("element => element === document.activeElement"):
            break
    expect(seed).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    wait_until_redrawn(page, "gan", before)
    expect(seed).to_have_value("1")


def test_a_link_is_good_in_a_server_that_nobody_has_visited(browser, tiny_checkpoints):
    with serve(tiny_checkpoints) as address:
        page = browser.new_page(viewport=DESKTOP)
        page.goto(f"{address}/compare?seed=4")
        wait_until_shown(page)
        expect(page).to_have_title("Compare · ballgen")
        expect(page.get_by_test_id("stSidebarLogo")).to_be_visible()
        expect(seed_field(page)).to_have_value("4")
        page.close()
