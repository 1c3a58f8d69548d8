from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from benchmarks.browser import (
    DESKTOP,
    IDLE,
    PATIENCE,
    PHONE,
    WATCH_SHIFTS,
    serve,
    wait_until_shown,
)
from tests.helpers.finished import add_run
from tests.helpers.following import follow
from tests.helpers.keys import tab_to
from tests.ui.browser.conftest import Watched

pytestmark = pytest.mark.browser

ROWS = ("normal", "fitted", "reconstruction")
LAPTOP = {"width": 1280, "height": 720}

# A component keeps its canvases in a shadow root, where only a loop over all elements finds them.
DRAWN = """(name) => [...document.querySelectorAll(`.st-key-figure-${name} *`)]
  .flatMap((element) => [...(element.shadowRoot?.querySelectorAll("canvas") ?? [])])
  .map((canvas) => canvas.toDataURL())"""


def drawn(page: Page, row: str) -> list[str]:
    """The pixels of each cell of a row, as the browser has drawn them."""
    return page.evaluate(DRAWN, row)


def all_drawn(page: Page) -> dict[str, list[str]]:
    return {row: drawn(page, row) for row in ROWS}


def wait_until_redrawn(page: Page, row: str, before: list[str]) -> None:
    """Until every cell but that of real images is another."""
    page.wait_for_function(
        f"""([row, before]) => {{
          const now = ({DRAWN})(row)
          return now.length === before.length && now.every((one, i) => !i || one !== before[i])
        }}""",
        arg=[row, before],
    )


def wait_until_drawn_as(page: Page, row: str, wanted: list[str]) -> None:
    page.wait_for_function(
        f"([row, wanted]) => ({DRAWN})(row).join() === wanted.join()", arg=[row, wanted]
    )


def seed_field(page: Page) -> Locator:
    return page.get_by_role("spinbutton", name="Seed")


def choose_seed(page: Page, seed: int) -> None:
    seed_field(page).fill(str(seed))
    seed_field(page).press("Enter")


@pytest.fixture(scope="module")
def sent() -> list:
    """Every message of the page to the server."""
    return []


@pytest.fixture(scope="module")
def opened(browser: Browser, address: str, watch, sent: list) -> Iterator[tuple[Page, Watched]]:
    """The page for tests that do not mind what the ones before them chose, in the file's order."""
    hear = lambda frame: sent.append(frame)  # noqa: E731  # playwright marks what it calls
    with browser.new_context(viewport=LAPTOP) as context:
        page = context.new_page()
        watched = watch(page)
        page.on("websocket", lambda socket: socket.on("framesent", hear))
        page.add_init_script(WATCH_SHIFTS)
        page.goto(address)
        wait_until_shown(page)
        yield page, watched


@pytest.fixture
def page(opened: tuple[Page, Watched]) -> Page:
    """The same, as a link without settings shows it."""
    follow(opened[0], "/compare")
    wait_until_shown(opened[0])
    return opened[0]


def test_the_figure_is_whole_without_a_scroll_and_nothing_jumps(opened):
    page, _ = opened
    assert page.evaluate("window.shifted") < 0.1
    for size in (DESKTOP, LAPTOP):
        page.set_viewport_size(size)
        for row in ROWS:
            page.wait_for_function(FITS, arg=[row, size["width"]])
            box = page.locator(f".st-key-figure-{row} .figure-row").bounding_box()
            assert box["x"] > 0 and box["x"] + box["width"] <= size["width"]
            assert box["y"] > 0 and box["y"] + box["height"] <= size["height"], row
        assert [len(drawn(page, row)) for row in ROWS] == [4, 3, 4]  # real images have no prior
        assert len({cell for row in all_drawn(page).values() for cell in row}) == 11
    name = "12 samples of the variational autoencoder, sampled with the N(0, I) prior"
    expect(page.get_by_role("img", name=name)).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    assert not page.locator("[data-testid=stButton]:visible").all()
    expect(page.get_by_role("img", name=name)).to_be_visible()
    page.emulate_media(media="screen")


def test_each_pixel_becomes_a_square(open_page):
    page = open_page(device_scale_factor=2)
    canvas = page.locator(".st-key-figure-normal canvas").first
    height = canvas.evaluate("canvas => canvas.height")
    side = (height - 2 * 4) // 3  # of an image, of which three stand below each other
    assert side % 32 == 0 and side > 32
    assert canvas.bounding_box()["height"] == pytest.approx(height / 2, abs=0.01)
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
    for row in ("normal", "fitted"):
        wait_until_redrawn(page, row, before[row])
    assert drawn(page, "normal")[0] == before["normal"][0]
    assert drawn(page, "reconstruction") == before["reconstruction"]
    expect(seed).to_have_value("1")
    page.wait_for_url("**/?seed=1")  # and nothing that is as usual
    watched.check()


FRAMES = """(row) => [...document.querySelectorAll(`.st-key-figure-${row} *`)]
  .map((element) => Number(element.shadowRoot?.querySelector(".figure-row")?.dataset.frames ?? 0))
  .reduce((most, frames) => Math.max(most, frames), 0)"""


def test_the_samples_follow_the_temperature_while_it_is_dragged(page, sent):
    before = all_drawn(page)
    track = page.locator(".st-key-temperature [role=group] > div")
    track.scroll_into_view_if_needed()
    box = track.bounding_box()
    height = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 1.5, height)  # where it stands: this touches it
    for row in ("normal", "fitted"):
        page.wait_for_function(f"(row) => ({FRAMES})(row) === 16", arg=row)
    page.wait_for_selector(IDLE)
    assert all_drawn(page) == before
    page.mouse.down()
    asked = len(sent)
    page.mouse.move(box["x"] + 0.2 * box["width"], height, steps=4)
    for row in ("normal", "fitted"):
        wait_until_redrawn(page, row, before[row])
    dragged = all_drawn(page)
    assert dragged["normal"][0] == before["normal"][0]
    assert len(sent) == asked  # nobody was asked
    page.mouse.up()
    page.wait_for_url("**temperature=0.3")
    expect(page.get_by_role("img", name="temperature 0.3").first).to_be_visible()
    page.wait_for_selector(IDLE)
    assert all_drawn(page) == dragged


def test_a_link_reopens_the_view(page, browser):
    before = all_drawn(page)
    choose_seed(page, 3)
    wait_until_redrawn(page, "fitted", before["fitted"])
    page.get_by_role("combobox", name="Prior of the VAE").click()
    page.get_by_role("option", name="full-covariance Gaussian").click()
    page.wait_for_url("**vae_prior=*")
    name = "sampled with the full-covariance Gaussian prior, seed 3"
    expect(page.get_by_role("img", name=name)).to_be_visible()
    again = browser.new_context(viewport=LAPTOP).new_page()
    again.goto(page.url)
    wait_until_shown(again)
    expect(seed_field(again)).to_have_value("3")
    wait_until_drawn_as(again, "fitted", drawn(page, "fitted"))
    assert all_drawn(again) == all_drawn(page)


def test_the_page_has_an_address_of_its_own_and_back_leads_away(open_page, address):
    page = open_page("/compare?seed=5")
    assert page.url == f"{address}/compare?seed=5"
    page.goto(f"{address}/_stcore/health")
    page.go_back()
    expect(seed_field(page)).to_have_value("5", timeout=20_000)


def test_measuring_fills_in_what_is_not_known(page):
    follow(page, "/compare?temperature=0.5")
    expect(page.get_by_text("KID not measured")).to_have_count(6)
    page.get_by_role("button", name="Measure KID").click()
    expect(page.get_by_text("measured now, seed 0")).to_have_count(6, timeout=60_000)


# All cells of a row lie within the screen, once they are drawn for its width.
FITS = """([row, width]) => {
  const canvases = [...document.querySelectorAll(`.st-key-figure-${row} *`)]
    .flatMap((element) => [...(element.shadowRoot?.querySelectorAll("canvas") ?? [])])
  return canvases.length > 2 && canvases.map((canvas) => canvas.getBoundingClientRect())
    .every(({ left, right }) => left >= 0 && right <= width)
}"""


NO_WIDER = """() => {
  const parts = [document.documentElement, ...document.querySelectorAll(
    "[data-testid=stMain], [data-testid=stMainBlockContainer], [data-testid=stTable]")]
  return parts.length >= 4 && parts.every((part) => part.scrollWidth <= part.clientWidth)
}"""


def test_a_phone_needs_no_sideways_scrolling(open_page):
    page = open_page(**PHONE)
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 844})
        for row in ROWS:
            page.wait_for_function(FITS, arg=[row, width])
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


@pytest.fixture(scope="module")
def beside_a_run(browser, address_with_run) -> Iterator[Page]:
    with browser.new_context(viewport=DESKTOP) as context:
        page = context.new_page()
        page.goto(f"{address_with_run}/compare?seed=4")
        wait_until_shown(page)
        yield page


def test_a_link_is_good_in_a_server_that_nobody_has_visited(beside_a_run):
    page = beside_a_run
    expect(page).to_have_title("Compare · ballgen")
    expect(page.get_by_test_id("stSidebarLogo")).to_be_visible()
    expect(seed_field(page)).to_have_value("4")


def test_a_run_is_put_beside_the_checkpoints_by_keyboard_and_a_link_keeps_it(browser, beside_a_run):
    page = beside_a_run
    page.get_by_role("combobox", name="Another model").focus()
    page.keyboard.type("my vae")
    offered = page.get_by_role("option", name="run: my vae (vae-3f2a91)")
    expect(offered).to_be_visible(timeout=PATIENCE)
    page.keyboard.press("Enter")
    chosen = page.get_by_test_id("stSidebar").get_by_role("combobox", name="VAE 2")
    expect(chosen).to_have_value("run: my vae (vae-3f2a91)", timeout=PATIENCE)
    page.wait_for_url("**models=*")
    page.wait_for_function(f"() => ({DRAWN})('fitted').length === 4")
    found = drawn(page, "fitted")
    assert found[1] != found[2]
    again = browser.new_context(viewport=DESKTOP).new_page()
    again.goto(page.url)
    wait_until_shown(again)
    wait_until_drawn_as(again, "fitted", found)


def test_the_nearest_training_images_appear_below_the_samples(page):
    page.get_by_role("tab", name="Copies").click()
    for family in ("ae", "vae", "gan"):
        page.wait_for_selector(f".st-key-{family}-nearest canvas")
    page.wait_for_url("**compare_tab=Copies*")
    said = page.get_by_text(re.compile("The model is not trained yet|of 12 samples"))
    expect(said).to_have_count(3, timeout=PATIENCE)
    expect(
        page.get_by_role("img", name="12 samples of GAN, and below each the nearest")
    ).to_be_visible()
    page.get_by_text("The distances as a table").click()
    expect(page.get_by_text("Euclidean distance over")).to_be_visible(timeout=PATIENCE)
