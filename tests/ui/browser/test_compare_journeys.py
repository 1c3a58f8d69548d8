from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from benchmarks.browser import DESKTOP, IDLE, PATIENCE, PHONE, serve, wait_until_shown
from tests.helpers.finished import add_run
from tests.helpers.keys import tab_to
from tests.ui.browser.conftest import Watched

pytestmark = pytest.mark.browser

SHEETS = ("real", "ae", "vae", "gan")

# A component keeps its canvases in a shadow root, where only a loop over all elements finds them.
DRAWN = """(name) => [...document.querySelectorAll(`.st-key-${name}-images *`)]
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


@pytest.fixture(scope="module")
def opened(browser: Browser, address: str, watch) -> Iterator[tuple[Page, Watched]]:
    """The page for tests that do not mind what the ones before them chose, in the file's order."""
    with browser.new_context(viewport=DESKTOP) as context:
        page = context.new_page()
        watched = watch(page)
        page.goto(address)
        wait_until_shown(page)
        yield page, watched


def test_it_opens_on_four_sheets_and_what_became_of_them(opened):
    page, _ = opened
    expect(page.get_by_role("heading", name="Compare")).to_be_visible()
    for name in SHEETS:
        canvas = page.locator(f".st-key-{name}-images canvas").first
        expect(canvas).to_be_visible()
        assert canvas.bounding_box()["width"] > 150
    assert len(set(all_drawn(page).values())) == len(SHEETS)
    expect(
        page.get_by_role("img", name="12 samples of the variational autoencoder")
    ).to_be_visible()


def test_each_pixel_becomes_a_square(open_page):
    page = open_page(device_scale_factor=2)
    canvas = page.locator(".st-key-real-images canvas").first
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


def test_a_seed_by_keyboard_alone_draws_other_samples_and_asks_no_foreign_host(opened):
    page, watched = opened
    before = all_drawn(page)
    seed = seed_field(page)
    tab_to(page, seed, 60)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    for name in ("ae", "vae", "gan"):
        wait_until_redrawn(page, name, before[name])
    assert drawn(page, "real") == before["real"]
    expect(seed).to_have_value("1")
    page.wait_for_url("**/?seed=1")  # and nothing that is as usual
    watched.check()


FRAMES = """(name) => [...document.querySelectorAll(`.st-key-${name}-images *`)]
  .map((element) => Number(element.shadowRoot?.querySelector(".sheet")?.dataset.frames ?? 0))
  .reduce((most, frames) => Math.max(most, frames), 0)"""


def test_the_samples_follow_the_temperature_while_it_is_dragged(open_page):
    sent = []
    page = open_page(
        watch=lambda page: page.on(
            "websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame))
        )
    )
    before = all_drawn(page)
    track = page.locator(".st-key-temperature [role=group] > div")
    track.scroll_into_view_if_needed()
    box = track.bounding_box()
    height = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 1.5, height)  # where it stands: this touches it
    for name in ("ae", "vae", "gan"):
        page.wait_for_function(f"(name) => ({FRAMES})(name) === 16", arg=name)
    page.wait_for_selector(IDLE)
    assert all_drawn(page) == before
    page.mouse.down()
    asked = len(sent)
    page.mouse.move(box["x"] + 0.2 * box["width"], height, steps=4)
    for name in ("ae", "vae", "gan"):
        wait_until_redrawn(page, name, before[name])
    dragged = all_drawn(page)
    assert dragged["real"] == before["real"]
    assert len(sent) == asked  # nobody was asked
    page.mouse.up()
    page.wait_for_url("**temperature=0.3")
    expect(page.get_by_role("img", name="temperature 0.3").first).to_be_visible()
    page.wait_for_selector(IDLE)
    assert all_drawn(page) == dragged


def test_a_link_reopens_the_view(open_page):
    page = open_page()
    before = all_drawn(page)
    choose_seed(page, 3)
    wait_until_redrawn(page, "vae", before["vae"])
    between = drawn(page, "vae")
    page.locator(".st-key-vae_prior").get_by_role("combobox").click()
    page.get_by_role("option", name="N(0, I)").click()
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


# A sheet lies within the screen, once it is drawn for its width.
FITS = """([place, width]) => [...document.querySelectorAll(`${place} *`)]
  .flatMap((element) => [...(element.shadowRoot?.querySelectorAll("canvas") ?? [])])
  .slice(0, 1).map((canvas) => canvas.getBoundingClientRect())
  .some(({ left, right }) => left >= 0 && right <= width)"""


NO_WIDER = """() => {
  const parts = [document.documentElement, ...document.querySelectorAll(
    "[data-testid=stMain], [data-testid=stMainBlockContainer], [data-testid=stTable]")]
  return parts.length >= 4 && parts.every((part) => part.scrollWidth <= part.clientWidth)
}"""


def test_a_phone_needs_no_sideways_scrolling(open_page):
    page = open_page(**PHONE)
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 844})
        for name in SHEETS:
            page.wait_for_function(FITS, arg=[f".st-key-{name}-images", width])
        page.wait_for_function(NO_WIDER)  # as soon as it is laid out for this width


@pytest.fixture(scope="module")
def address_with_run(tiny_checkpoints, another_vae, tmp_path_factory):
    """The address of a dashboard with a finished run beside the tiny checkpoints.

    Nobody has visited it before the test that follows.
    """
    runs = tmp_path_factory.mktemp("with_run") / "runs"
    add_run(runs, another_vae, "vae-3f2a91", "my vae")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BALLGEN_RUNS", str(runs))
        with serve(tiny_checkpoints) as address:
            yield address


def test_a_link_is_good_in_a_server_that_nobody_has_visited(browser, address_with_run):
    page = browser.new_context(viewport=DESKTOP).new_page()
    page.goto(f"{address_with_run}/compare?seed=4")
    wait_until_shown(page)
    expect(page).to_have_title("Compare · ballgen")
    expect(page.get_by_test_id("stSidebarLogo")).to_be_visible()
    expect(seed_field(page)).to_have_value("4")


def test_a_run_is_put_beside_the_checkpoints_by_keyboard_and_a_link_keeps_it(
    browser, address_with_run
):
    page = browser.new_context(viewport=DESKTOP).new_page()
    page.goto(address_with_run)
    wait_until_shown(page)
    models = page.locator(".st-key-models").get_by_role("combobox")
    models.focus()
    page.keyboard.type("my vae")
    offered = page.get_by_role("option", name="run: my vae (vae-3f2a91)")
    expect(offered).to_be_visible(timeout=PATIENCE)
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")  # closes the list, which hides the rest of the page from readers
    expect(page.get_by_role("heading", name="VAE 2")).to_be_visible(timeout=PATIENCE)
    page.wait_for_selector(".st-key-vae2-images canvas")
    page.wait_for_url("**models=*")
    wait_until_shown(page)
    page.wait_for_function(f"() => ({DRAWN})('vae2') && ({DRAWN})('vae2') !== ({DRAWN})('vae')")
    again = browser.new_context(viewport=DESKTOP).new_page()
    again.goto(page.url)
    wait_until_shown(again)
    again.wait_for_selector(".st-key-vae2-images canvas")
    wait_until_drawn_as(again, "vae2", drawn(page, "vae2"))


def test_the_nearest_training_images_appear_below_the_samples(opened):
    page, _ = opened
    toggle = page.get_by_role("switch", name="Show the nearest training images")
    toggle.focus()
    page.keyboard.press("Space")
    for family in ("ae", "vae", "gan"):
        page.wait_for_selector(f".st-key-{family}-nearest canvas")
    page.wait_for_url("**nearest=*")
    said = page.get_by_text(re.compile("The model is not trained yet|of 12 samples"))
    expect(said).to_have_count(3, timeout=PATIENCE)
    expect(
        page.get_by_role("img", name="12 samples of GAN, and below each the nearest")
    ).to_be_visible()
    page.get_by_text("The distances as a table").click()
    expect(page.get_by_text("Euclidean distance over")).to_be_visible(timeout=PATIENCE)
