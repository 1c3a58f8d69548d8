"""Images of one's own come in through the page: folders of thousands, .zips and loose files."""

from __future__ import annotations

import re
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from ballgen.data.sources import load_images
from ballgen.runs.uploads import Upload, find_upload
from benchmarks.browser import DESKTOP, PATIENCE, serve
from tests.helpers.tiny import write_balls, zip_of_balls

pytestmark = pytest.mark.browser

MANY = 3_000
SOON = 90.0  # s; it takes five, and before the page packed folders it never ended
SILENT_MS = 5_000  # a page that answers later seems dead; drawing it anew takes one second
WATCH = """() => {
  window.silent = 0
  let last = performance.now()
  setInterval(() => {
    const now = performance.now()
    window.silent = Math.max(window.silent, now - last)
    last = now
  }, 20)
}"""
CANCEL_AT_ONCE = """said => {
  new MutationObserver((_, observer) => {
    if (!said.textContent.startsWith("Sending")) return
    observer.disconnect()
    said.parentElement.querySelector("button.cancel").click()
    window.cancelled = true
  }).observe(said, { childList: true })
}"""
TRAIN, LOOK = "/train?new_source=", "/data?view=look+at+a+source&split=train&source="


def open_own(browser: Browser, address: str, page: str) -> Page:
    """A page where one's own images are asked for, as soon as it can take some."""
    opened = browser.new_context(viewport=DESKTOP).new_page()
    opened.set_default_timeout(PATIENCE)
    opened.goto(f"{address}{page}your+own+images")
    opened.get_by_role("button", name="Choose a folder").wait_for()
    opened.locator("[class*=-uploader] input[type=file]").wait_for(state="attached")
    return opened


def brought_in(page: Page, name: str) -> Upload:
    """What the page shows as its source by now."""
    select = page.locator(".st-key-new_source input, .st-key-source input[role=combobox]").first
    expect(select).to_have_value(re.compile(re.escape(name)), timeout=PATIENCE)
    return find_upload(select.input_value())


def drop(page: Page, *paths: Path) -> None:
    """As a file manager does it, which no script in the page can."""
    box = page.get_by_role("group", name="Bring in images").bounding_box()
    at = {"x": box["x"] + 20, "y": box["y"] + 20}
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, **at, "data": data})


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_photos(tmp_path_factory.mktemp("many") / "my photos", MANY)


def write_photos(folder: Path, count: int) -> Path:
    noise = np.random.default_rng(0).integers(0, 255, (count, 8, 8, 3), dtype=np.uint8)
    for number, pixels in enumerate(noise):
        place = folder / f"class {number % 3}"
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(place / f"{number}.png")
    for name in (".hidden/1.png", "__MACOSX/2.png", "class 0/.3.png", "Thumbs.db", "film.mp4"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"no image")
    return folder


def test_a_chosen_folder_comes_in_without_what_is_no_image(browser, address, tmp_path):
    photos = write_photos(tmp_path / "my photos", 60)
    page = open_own(browser, address, TRAIN)
    page.locator("input.folder").set_input_files(photos)
    upload = brought_in(page, "my photos (")
    images, typed = (load_images(path, quiet=True) for path in (upload.path, photos))
    assert images.digest == typed.digest and images.skipped == 0


def test_a_dropped_folder_of_3000_files_comes_in_while_the_page_answers(browser, address, many):
    page = open_own(browser, address, TRAIN)
    page.evaluate(WATCH)
    start = time.monotonic()
    drop(page, many)
    expect(page.locator("output.said")).to_have_text(
        re.compile("Sending and checking 3,000 files"), timeout=PATIENCE
    )
    upload = brought_in(page, "my photos (")
    assert time.monotonic() - start < SOON
    assert page.evaluate("window.silent") < SILENT_MS
    for split in ("train", "test"):
        images, typed = (load_images(path, split, quiet=True) for path in (upload.path, many))
        assert images.digest == typed.digest and images.skipped == 0


def test_several_folders_and_loose_images_become_one_source(browser, address, tmp_path):
    write_balls(tmp_path / "mine")
    classes = sorted((tmp_path / "mine" / "train").iterdir())
    hostile = classes[0] / "a\\..\\<img src=x>\n.png"
    hostile.write_bytes(next(classes[0].glob("*.png")).read_bytes())
    page = open_own(browser, address, LOOK)
    drop(page, *classes)
    upload = brought_in(page, "images (")
    page.locator(".st-key-source-images canvas").first.wait_for()
    images = load_images(upload.path, quiet=True)
    assert images.class_names == tuple(path.name for path in classes)
    assert images.skipped == 0
    names = zipfile.ZipFile(upload.path).namelist()
    assert len(names) == 8 + 1
    assert not [name for name in names if re.search(r"[\\\x00-\x1f]", name)]


@pytest.mark.parametrize("at_once", [False, True], ids=["while it sends", "before it sends"])
def test_sending_is_cancelled_and_begun_anew(browser, address, many, tmp_path, at_once):
    write_balls(tmp_path / "mine")
    page = open_own(browser, address, TRAIN)
    said = page.locator("output.said")
    page.route("**/upload_file/**", lambda route: None)  # it never arrives
    if at_once:  # then Chromium may never begin the request
        said.evaluate(CANCEL_AT_ONCE)
        page.locator("input.folder").set_input_files(many)
        page.wait_for_function("window.cancelled")
    else:
        with page.expect_request("**/upload_file/**"):
            page.locator("input.folder").set_input_files(many)
        page.get_by_role("button", name="Cancel").click()
    expect(said).to_have_text("", timeout=PATIENCE)
    expect(page.get_by_test_id("stFileChip")).to_have_count(0)
    page.unroute("**/upload_file/**")
    page.locator("input.folder").set_input_files(tmp_path / "mine")
    assert brought_in(page, "mine (")


def test_a_zip_is_handed_on_as_it_is_and_can_be_trained_on(browser, address, tmp_path):
    (tmp_path / "my balls.zip").write_bytes(zip_of_balls(tmp_path))
    page = open_own(browser, address, LOOK)
    page.locator("input.files").set_input_files(tmp_path / "my balls.zip")
    upload = brought_in(page, "my balls (")
    assert upload.path.read_bytes() == (tmp_path / "my balls.zip").read_bytes()
    page.get_by_role("link", name="Train on these images").click()
    assert brought_in(page, "my balls (") == upload
    page.get_by_role("link", name="See how these images are understood").click()
    page.get_by_text("Layout").wait_for()
    assert brought_in(page, "my balls (") == upload


def test_what_is_no_image_is_told_and_the_next_is_taken(browser, address, tmp_path):
    write_balls(tmp_path / "mine")
    (tmp_path / "film.mp4").write_bytes(b"no image")
    (tmp_path / "bad.zip").write_bytes(b"no .zip")
    page = open_own(browser, address, TRAIN)
    page.locator("input.files").set_input_files(tmp_path / "film.mp4")
    expect(page.locator("output.said")).to_have_text(re.compile("No images were found"))
    page.locator("input.files").set_input_files(tmp_path / "bad.zip")
    expect(page.get_by_test_id("stAlert").filter(has_text="bad.zip")).to_be_visible()
    page.locator("input.folder").set_input_files(tmp_path / "mine")
    assert brought_in(page, "mine (")


def test_more_than_the_server_takes_is_told_with_the_remedy(browser, tmp_path, monkeypatch):
    monkeypatch.setenv("STREAMLIT_SERVER_MAX_UPLOAD_SIZE", "1")
    (tmp_path / "large").mkdir()
    for name in ("large.zip", "large/1.png", "large/2.png"):
        (tmp_path / name).write_bytes(bytes(2**20 if name.endswith("zip") else 2**19))
    with serve() as address:
        page = open_own(browser, address, TRAIN)
        expect(page.locator(".limits")).to_have_text(re.compile("Up to 1 MB .*the path below"))
        for take in (
            lambda: page.locator("input.files").set_input_files(tmp_path / "large.zip"),
            lambda: page.locator("input.folder").set_input_files(tmp_path / "large"),
            lambda: drop(page, tmp_path / "large"),
        ):
            take()
            said = page.locator("output.said")
            expect(said).to_have_text(
                re.compile(r"^large.* is larger than 1 MB\. Type the path of")
            )
            said.evaluate("(said) => said.textContent = ''")
