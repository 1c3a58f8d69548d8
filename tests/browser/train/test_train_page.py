"""The page Train as it is linked to, read, held in the hand and taken away as a file."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from ballgen.ui.train.history import ROW_HEIGHT
from benchmarks.browser import IDLE, PHONE
from tests.browser.train.conftest import add_copy, button, fill, stage

pytestmark = pytest.mark.browser


def test_a_link_reopens_run_epoch_ticks_and_form(open_train, registry, finished, done_once):
    newer = add_copy(registry, done_once, id="vae-newer", name="newer", made=finished.made + 1)
    page = open_train(f"run={finished.id}")
    expect(page.locator(".st-key-overlay")).to_have_count(0)
    for row in (1, 2):
        tick(page, row)
    expect(page.locator(".st-key-overlay [data-testid=stVegaLiteChart]").first).to_be_visible()
    page.get_by_role("slider", name="Epoch").press("ArrowLeft")
    expect(stage(page)).to_contain_text("after epoch 2")
    page.get_by_text("Everything else").click()
    fill(page, "Epochs", 7)

    again = open_train(urlsplit(page.url).query)
    expect(stage(again).get_by_role("heading", name="short")).to_be_visible()
    expect(stage(again)).to_contain_text("after epoch 2")
    expect(again.get_by_label("Epochs", exact=True)).to_have_value("7")
    overlay = again.locator(".st-key-overlay [data-testid=stVegaLiteChart]").first
    expect(overlay).to_be_visible()
    for run in (finished, newer):
        expect(again.locator(".st-key-overlay")).to_contain_text(run.id)
    tick(again, 1)
    expect(again.locator(".st-key-overlay")).to_have_count(0)


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
    film, slider = page.locator(".st-key-film-rebuilt"), page.get_by_role("slider", name="Epoch")
    for epoch in (3, 2):
        expect(stage(page)).to_contain_text(f"after epoch {epoch}")
        film.scroll_into_view_if_needed()  # a busy machine's page may jump as it is drawn anew
        expect(film).to_be_in_viewport()
        expect(stage(page).locator("[class*=st-key-epoch-]")).to_be_in_viewport(ratio=1)
        slider.press("ArrowLeft")


def test_the_event_file_is_downloaded(open_train, finished):
    page = open_train()
    with page.expect_download() as download:
        button(page, "TensorBoard").click()
    assert download.value.suggested_filename.endswith(finished.id)
    assert b"kl" in download.value.path().read_bytes()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_in_light_and_dark(open_train, finished, scheme):
    page = open_train(color_scheme=scheme)
    expect(page.locator(".st-key-film-samples canvas").first).to_be_visible()
    serious = [
        (violation["id"], [node["html"][:120] for node in violation["nodes"]])
        for violation in Axe().run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
    ]
    assert serious == []
