"""Every page and every view of a page: for eyes, ears, fingers, and without the network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page

from ballgen.runs.control import delete
from ballgen.runs.registry import Registry
from benchmarks.browser import DESKTOP, IDLE, PATIENCE
from tests.helpers.access import LOOKS, show_in, violations
from tests.helpers.following import follow
from tests.helpers.runs import add_copy
from tests.ui.browser.conftest import Watched

pytestmark = pytest.mark.browser

TABS = 90  # presses that lead once through the longest page


class View(NamedTuple):
    """Where a view is, what has to be there before it is looked at, and its main controls."""

    path: str
    drawn: str
    controls: tuple[str, ...]


VIEWS = {
    "Compare": View(
        "/compare",
        ".st-key-figure-reconstruction canvas",
        ("Terms", "AE", "Seed", "Prior of the VAE", "Measure", "PNG", "Copies"),
    ),
    "Latent space, 2-D": View(
        "/latent?look=a+point&x=500&y=500",
        ".st-key-latent-map [data-mark]",
        ("VAE", "PCA", "2-D", "Colour", "Show", "Image", "Coordinate x"),
    ),
    "Latent space, 3-D": View(
        "/latent?dims=3-D", ".st-key-latent-map canvas", ("3-D", "Coordinate z")
    ),
    "Interpolate, two ends": View("/interpolate", ".st-key-two-ends canvas", ("two images", "GIF")),
    "Interpolate, four corners": View(
        "/interpolate?view=four+images", ".st-key-four-corners canvas", ("four images",)
    ),
    "Interpolate, arithmetic": View(
        "/interpolate?view=arithmetic", "[data-testid=stMain] canvas", ("arithmetic",)
    ),
    "Interpolate, one dimension": View(
        "/interpolate?view=traversals",
        "[class*=st-key-z-vae-] canvas",
        ("traversals",),
    ),
    "Own image": View("/own_image", ".st-key-own_file input", ("file", "Upload")),
    "Why": View("/why", ".st-key-answer-images canvas", ("AE", "Seed", "Train")),
    "Terms": View("/terms", ".st-key-term-14 canvas", ("VAE", "Latent space")),
    "Data, all balls": View("/data", ".st-key-spinning canvas", ("all balls", "Spin")),
    "Data, draw one": View(
        "/data?view=draw+one", ".st-key-drawn-ball canvas", ("Ball", "Centre x", "Spin", "64")
    ),
    "Data, a source": View(
        "/data?view=look+at+a+source",
        ".st-key-source-images canvas",
        ("Images from", "baseball", "diameter px", "Page"),
    ),
    "Train, own images": View(
        "/train?new_source=your+own+images",
        ".st-key-new_source-upload .choose-folder",
        ("Recipe", "Choose files", "Choose a folder", "the path of a folder", "Everything else"),
    ),
    # The last: what it needs is seen on other pages as well.
    "Train, a run": View("/train", ".st-key-film .samples canvas", ("Run", "Epoch", "Start")),
}

# Pictures and charts for which neither they nor what holds them has words.
SILENT = """() => {
  const all = (root) => [...root.querySelectorAll("*")]
    .flatMap((one) => [one, ...(one.shadowRoot ? all(one.shadowRoot) : [])])
  const words = (one) => one.getAttribute?.("aria-label") || one.getAttribute?.("alt")
    || one.getAttribute?.("aria-hidden") === "true"
  const said = (one) => one && (words(one) || said(one.parentNode ?? one.host))
  return all(document.querySelector("[data-testid=stMain]"))
    .filter((one) => ["IMG", "CANVAS"].includes(one.tagName)
      || /Chart$/.test(one.dataset?.testid ?? ""))
    .filter((one) => !said(one))
    .map((one) => one.outerHTML.slice(0, 120))
}"""
FOCUSED = """() => {
  let one = document.activeElement
  while (one.shadowRoot?.activeElement) one = one.shadowRoot.activeElement
  return [one.getAttribute("aria-label"), one.labels?.[0]?.innerText, one.innerText]
    .filter(Boolean).join(" ")
}"""


@pytest.fixture(scope="module")
def finished_run(finished_once: tuple[Path, dict]) -> Iterator[None]:
    """A finished run in the registry that the dashboard looks at."""
    registry = Registry()
    run = add_copy(registry, finished_once)
    yield
    delete(registry, run)


@pytest.fixture(scope="module")
def opened(browser: Browser, address: str, watch) -> Iterator[tuple[Page, Watched]]:
    """The page that shows one view after the other, and what it asked for."""
    with browser.new_context(viewport=DESKTOP) as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        watched = watch(page)
        page.goto(address)
        page.wait_for_selector(IDLE)
        yield page, watched


@pytest.fixture(scope="module", params=VIEWS)
def shown(request, opened: tuple[Page, Watched]) -> tuple[View, Page, Watched]:
    """A view, the page that shows it, and what that page asked for until now."""
    view, (page, watched) = VIEWS[request.param], opened
    if request.param == "Train, a run":
        request.getfixturevalue("finished_run")
    follow(page, view.path)
    page.wait_for_selector(view.drawn, state="attached")
    page.wait_for_selector(IDLE)
    return view, page, watched


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_in_light_and_dark(shown, scheme):
    _, page, _ = shown
    show_in(page, scheme)
    assert violations(page) == []


def test_every_picture_and_chart_says_what_it_shows(shown):
    _, page, _ = shown
    assert page.evaluate(SILENT) == []


def test_the_keyboard_reaches_its_main_controls(shown):
    view, page, _ = shown
    for _ in range(LOOKS):  # what is loaded late is not there at the first
        missing, reached = set(view.controls), []
        page.evaluate("document.activeElement.blur()")
        while missing and len(reached) < TABS:
            page.keyboard.press("Tab")
            reached.append(page.evaluate(FOCUSED))
            missing = {name for name in missing if name not in reached[-1]}
        if not missing:
            break
        page.wait_for_timeout(1000)
    assert not missing, reached


def test_no_foreign_host_is_asked_and_nothing_complains(shown):
    _, _, watched = shown
    watched.check()
