"""A page, opened from the disk in Chromium without a network: its decoder is the model's own."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from playwright.sync_api import Page, expect

from ballgen.webpage.layers import decoder_layers, run_layers
from ballgen.webpage.making import make_page
from ballgen.webpage.packing import pack_layers, rounded
from benchmarks.browser import PHONE
from tests.helpers.access import violations
from tests.helpers.hostile import HOSTILE
from tests.webpage.test_layers import KINDS, any_model

pytestmark = pytest.mark.browser
PIXELS = """(id) => Array.from(
  document.getElementById(id).getContext("2d").getImageData(0, 0, 32, 32).data)"""
DECODED = """([layers, codes]) => {
  const decode = makeDecoder(layers);
  return codes.map((code) => Array.from(decode(Float32Array.from(code))));
}"""


class Opened:
    """A page, what it complained of and what it asked for."""

    def __init__(self, page: Page, path) -> None:
        self.page, self.faults = page, []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", self._note)
        page.goto(f"file://{path}")
        self.wait("map-image")

    def _hear(self, message) -> None:
        if message.type == "error":
            self.faults.append(message.text)

    def _note(self, request) -> None:
        if not request.url.startswith(("file:", "data:", "blob:")):
            self.faults.append(request.url)

    def pixels(self, canvas: str) -> list[int]:
        return self.page.evaluate(PIXELS, canvas)

    def wait(self, canvas: str, before: list[int] | None = None) -> list[int]:
        """The canvas, once it shows something else than `before`, or anything."""
        self.page.wait_for_function(
            f"([id, before]) => {{ const now = ({PIXELS})(id);"
            "return before ? now.some((value, i) => value !== before[i]) : now[3] === 255; }",
            arg=[canvas, before],
        )
        return self.pixels(canvas)


@pytest.fixture(scope="module")
def path(models, balls, tmp_path_factory):
    """A page of a VAE whose classes have names that a page must not take for its own."""
    names = ("</script><img src=x onerror=alert(1)>", "{{script}}", HOSTILE[2], "ball")
    out = tmp_path_factory.mktemp("page") / "vae.html"
    out.write_bytes(make_page("vae", models[1][1], replace(balls, class_names=names)))
    return out


def test_its_decoder_is_the_models(browser, path):
    page = Opened(browser.new_context(offline=True).new_page(), path).page
    for name, shape in KINDS:
        model = any_model(name, shape)
        codes = model.sample_codes(2, 5, "normal")
        layers = decoder_layers(model)
        for small in (False, True):
            found = page.evaluate(DECODED, [pack_layers(layers, small), codes.tolist()])
            images = torch.tensor(found).unflatten(1, (*shape[1:], 4)).permute(0, 3, 1, 2)
            made = run_layers(rounded(layers, True), codes) if small else model.decode(codes)
            expected = 255 * made.expand(-1, 3, -1, -1)
            assert (images[:, :3] - expected).abs().max() < 2, (name, shape, small)
            assert (images[:, 3] == 255).all()


def test_everything_on_it_answers_offline(browser, path):
    opened = Opened(browser.new_context(offline=True).new_page(), path)
    page = opened.page
    before = opened.wait("map-image")
    box = page.locator("#map-field").bounding_box()
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.3 * box["height"])
    moved = opened.wait("map-image", before)
    page.locator("#map-field").focus()
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    opened.wait("map-image", moved)

    before = opened.wait("between")
    page.get_by_label("Share of the way").fill("0.9")
    before = opened.wait("between", before)
    page.get_by_role("radio", name="the last image").check()
    page.locator("#choices button").nth(40).click()
    opened.wait("between", before)
    expect(page.locator("#choices button").nth(40)).to_have_attribute("data-end", "B")

    before = opened.wait("sample-images")
    page.get_by_role("slider", name="Temperature").fill("0")
    before = opened.wait("sample-images", before)
    page.get_by_role("radio", name="Gaussian mixture").check()
    before = opened.wait("sample-images", before)
    expect(page.locator("#prior-text")).to_contain_text("set 1 of 5")
    page.get_by_role("slider", name="Temperature").fill("4")
    before = opened.wait("sample-images", before)
    page.get_by_role("button", name="New draws").click()
    opened.wait("sample-images", before)
    assert opened.faults == []


def test_it_fits_a_phone_and_can_be_read(browser, path):
    for scheme in ("light", "dark"):
        context = browser.new_context(**PHONE, color_scheme=scheme, offline=True)
        opened = Opened(context.new_page(), path)
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= 390
        assert violations(opened.page) == []
        box = opened.page.locator("#map-field").bounding_box()
        before = opened.wait("map-image")
        opened.page.touchscreen.tap(box["x"] + 60, box["y"] + 90)
        opened.wait("map-image", before)
        assert opened.faults == []
        context.close()
