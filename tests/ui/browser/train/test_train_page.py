"""The page Train as it is linked to, read, held in the hand and taken away as a file."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from ballgen.ui.train.history import ROW_HEIGHT
from benchmarks.browser import IDLE, PHONE
from tests.helpers.films import drag, grab
from tests.helpers.following import follow
from tests.helpers.runs import add_copy
from tests.ui.browser.train.conftest import button, fill, selected

pytestmark = pytest.mark.browser


def test_a_link_reopens_run_epoch_ticks_and_form(open_train, registry, finished, finished_once):
    newer = add_copy(
        registry, finished_once, id="vae-newer", name="newer", created_at=finished.created_at + 1
    )
    page = open_train(f"run={finished.id}")
    expect(page.locator(".st-key-overlay")).to_have_count(0)
    for row in (1, 2):
        tick(page, row)
        expect(page.locator(".st-key-overlay [data-testid=stVegaLiteChart]").first).to_be_visible()
    for run in (finished, newer):  # one alone needs no legend
        expect(page.locator(".st-key-overlay")).to_contain_text(run.id)
    page.get_by_role("slider", name="Epoch").press("ArrowLeft")
    expect(selected(page)).to_contain_text("after epoch 2")
    page.get_by_text("Everything else").click()
    fill(page, "Epochs", 7)

    again = open_train(urlsplit(page.url).query)
    expect(selected(again).get_by_role("heading", name="short")).to_be_visible()
    expect(selected(again)).to_contain_text("after epoch 2")
    expect(again.get_by_label("Epochs", exact=True)).to_have_value("7")
    overlay = again.locator(".st-key-overlay [data-testid=stVegaLiteChart]").first
    expect(overlay).to_be_visible()
    for run in (finished, newer):
        expect(again.locator(".st-key-overlay")).to_contain_text(run.id)
    tick(again, 1)
    expect(again.locator(".st-key-overlay")).not_to_contain_text(newer.id)


def test_a_link_stays_with_its_run_when_a_newer_one_comes(
    open_train, registry, finished, finished_once
):
    page = open_train()
    expect(selected(page)).to_contain_text("after epoch 3")
    tick(page, 1)
    page.wait_for_url("**ticked*")
    ticked = urlsplit(page.url).query
    follow(page, "/own_image")
    follow(page, "/train")
    page.get_by_role("slider", name="Epoch").press("ArrowLeft")
    page.wait_for_url("**epoch=2*")
    epoch = urlsplit(page.url).query
    add_copy(
        registry, finished_once, id="vae-newer", name="newer", created_at=finished.created_at + 1
    )
    for link, last in ((ticked, 3), (epoch, 2)):
        again = open_train(link)
        expect(selected(again).get_by_role("heading", name="short")).to_be_visible()
        expect(selected(again)).to_contain_text(f"after epoch {last}")


def tick(page: Page, row: int) -> None:
    """Click the box at the left of the table's row; the first below its head is 1.

    By place: the table is drawn on a canvas, below another element that takes the mouse.
    """
    table = page.locator(".st-key-history [data-testid=stDataFrame]")
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    page.mouse.click(box["x"] + 16, box["y"] + ROW_HEIGHT * (row + 0.5))
    page.wait_for_selector(IDLE)


def test_on_a_telephone_the_slider_stays_beside_what_it_moves(open_train, finished):
    page = open_train(**PHONE)
    main = page.get_by_test_id("stMain")
    scroll, client = main.evaluate("main => [main.scrollWidth, main.clientWidth]")
    assert scroll <= client
    slider = page.get_by_role("slider", name="Epoch")
    film = page.locator(".st-key-film .reconstructions .block").first
    for epoch in (3, 2):
        expect(selected(page)).to_contain_text(f"after epoch {epoch}")
        film.scroll_into_view_if_needed()  # a busy machine's page may jump as it is drawn anew
        expect(film).to_be_in_viewport()
        expect(slider).to_be_in_viewport(ratio=1)
        slider.press("ArrowLeft")


PARTS = ("samples", "reconstructions", "map", "curve")
PICTURES = """(part) => [...document.querySelectorAll(".st-key-film *")]
  .flatMap((one) => [...(one.shadowRoot?.querySelectorAll(`.${part}`) ?? [])])
  .flatMap((one) => one.matches("canvas, svg") ? [one] : [...one.querySelectorAll("canvas")])
  .map((image) => image.toDataURL?.() ?? image.innerHTML)
  .join()"""


def test_one_drag_moves_loss_images_and_map_and_asks_nobody(open_train, finished):
    sent: list = []
    # Of the usual source the form would ask how long a run will take.
    page = open_train("new_source=your+own+images", sent=sent)
    handle = page.get_by_role("slider", name="Epoch")
    expect(selected(page)).to_contain_text("after epoch 3")
    page.wait_for_selector(IDLE)
    before, said = [page.evaluate(PICTURES, part) for part in PARTS], len(sent)
    handle.scroll_into_view_if_needed()
    grab(page, handle, 0.99)
    drag(page, handle, 0.01)
    expect(selected(page)).to_contain_text("after epoch 1")
    after = [page.evaluate(PICTURES, part) for part in PARTS]
    assert all(old != new for old, new in zip(before, after, strict=True))
    assert len(sent) == said
    page.mouse.up()
    page.wait_for_url("**epoch=1*")  # the curves below and the tables follow its end


NOTE_EPOCHS = """() => {
  window.shown = []
  const host = [...document.querySelectorAll(".st-key-film *")].find((one) => one.shadowRoot)
  const note = () => {
    const epoch = Number(host.shadowRoot.textContent.match(/after epoch (\\d+)/)[1])
    if (window.shown.at(-1) !== epoch) window.shown.push(epoch)
  }
  const how = { subtree: true, childList: true, characterData: true }
  new MutationObserver(note).observe(host.shadowRoot, how)
}"""


def test_the_film_plays_to_its_end_and_ends_when_its_page_is_left(open_train, finished):
    page = open_train("epoch=2")
    expect(selected(page)).to_contain_text("after epoch 2")
    button(page, "Play the film").click()
    expect(selected(page)).to_contain_text("after epoch 3")
    expect(button(page, "Play the film")).to_be_visible()  # it ended by itself
    page.evaluate(NOTE_EPOCHS)  # each is shown too shortly for a look from here
    button(page, "Play the film").click()  # from the beginning, since it stood at the end
    page.wait_for_function("() => window.shown.at(-1) === 3")
    assert page.evaluate("window.shown") == [1, 2, 3]
    with page.expect_download() as download:
        button(page, "TensorBoard").click()
    assert download.value.suggested_filename.endswith(finished.id)
    assert b"kl" in download.value.path().read_bytes()

    page.wait_for_selector(IDLE)
    page.evaluate(NOTE_ENDS)
    page.get_by_test_id("stSidebar").get_by_role("link", name="Images").click()
    page.wait_for_function("() => window.ends > 0")


# Only the view of the film watches the window's size through Streamlit's components.
NOTE_ENDS = """() => {
  window.ends = 0
  const remove = window.removeEventListener.bind(window)
  window.removeEventListener = (name, ...rest) => {
    if (name === "resize" && new Error().stack.includes("learning_film")) window.ends++
    remove(name, ...rest)
  }
}"""
