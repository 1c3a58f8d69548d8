"""An own image comes in by drop and by paste, and every model shows what it makes of it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from ballgen.data.sheets import to_png
from ballgen.data.sources import load_images
from benchmarks.browser import IDLE, PATIENCE
from tests.helpers.access import show_in, violations

pytestmark = pytest.mark.browser

LAPTOP = {"width": 1280, "height": 720}
DRAWN = [f".st-key-own-{name}-image canvas" for name in ("ae", "vae", "gan")]
PASTE = """(base64) => {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))
  const data = new DataTransfer()
  data.items.add(new File([bytes], "image.png", { type: "image/png" }))
  document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }))
}"""


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(viewport=LAPTOP)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{address}/own_image")
    page.locator(".st-key-own_file input[type=file]").wait_for(state="attached")
    page.wait_for_selector(IDLE)
    yield page
    context.close()


@pytest.fixture(scope="module")
def content() -> bytes:
    return to_png(load_images("sportballs", "test", limit=3).pixels[2])


def wait_until_shown(page: Page) -> None:
    for drawn in DRAWN:
        page.wait_for_selector(drawn)
    page.wait_for_selector(IDLE)
    expect(page.get_by_text("PSNR")).to_have_count(len(DRAWN))


def test_a_dropped_image_is_shown_by_every_model_without_a_scroll(
    page: Page, content: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "mine.png"
    file.write_bytes(content)
    box = page.get_by_test_id("stFileUploaderDropzone").bounding_box()
    at = {"x": box["x"] + 200, "y": box["y"] + 20}
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(file)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, **at, "data": data})
    wait_until_shown(page)
    for name in ("original", "ae", "vae", "gan"):
        card = page.locator(f".st-key-own-{name}").bounding_box()
        assert card["y"] + card["height"] <= LAPTOP["height"], name
    for scheme in ("light", "dark"):
        show_in(page, scheme)
        assert violations(page) == []


def test_a_pasted_image_comes_in_as_well(page: Page, content: bytes) -> None:
    page.evaluate(PASTE, base64.b64encode(content).decode())
    wait_until_shown(page)
    page.get_by_role("radio", name="Interpolate").click()
    page.wait_for_selector(".st-key-two-ends canvas")
