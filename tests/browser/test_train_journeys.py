"""Start a run, watch it, reload, stop, resume, promote; and a server that is killed meanwhile.

The kill test runs once; twenty times in a row it runs with

    BALLGEN_KILLS=20 pytest tests/browser/test_train_journeys.py -k killed
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect

from ballgen.checkpoints import load_checkpoint
from ballgen.runs.folder import RunFolder
from ballgen.runs.registry import FINISHED, RUNNING, Registry
from benchmarks.browser import DESKTOP, IDLE, PATIENCE, serve
from tests.runs.conftest import registry, tiny_run, wait_for

__all__ = ["registry", "tiny_run"]  # fixtures

pytestmark = pytest.mark.browser

KILLS = int(os.environ.get("BALLGEN_KILLS", "1"))
SOON = 30_000  # ms
EPOCHS = 300  # of one step each


@pytest.fixture
def shelf(tiny_checkpoints, tmp_path):
    """A folder of checkpoints that a test may change."""
    return shutil.copytree(tiny_checkpoints, tmp_path / "checkpoints")


@pytest.fixture
def dashboard(registry: Registry, shelf) -> Iterator[str]:
    """The address of a dashboard on this test's own runs and checkpoints."""
    with serve(shelf) as address:
        yield address


def open_train(browser: Browser, address: str) -> Page:
    page = browser.new_context(viewport=DESKTOP).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(address if "train" in address else f"{address}/train")
    page.wait_for_selector(IDLE)
    return page


def fill(page: Page, name: str, value: object, role: str = "spinbutton") -> None:
    field = page.get_by_role(role, name=name, exact=True)
    field.fill(str(value))
    field.press("Enter")
    page.wait_for_selector(IDLE)


def state(page: Page, word: str) -> None:
    """Wait until the run on stage is said to be in a state."""
    badge = page.locator(".st-key-stage .stMarkdownBadge")
    expect(badge).to_contain_text(word, timeout=PATIENCE)


def test_start_watch_reload_stop_resume_promote(browser, dashboard, registry, shelf):
    page = open_train(browser, dashboard)
    expect(page.get_by_text("No run yet.")).to_be_visible(timeout=SOON)
    fill(page, "Epochs", EPOCHS)
    fill(page, "Pictures (at most)", 64)
    page.get_by_text("Everything else").click()
    fill(page, "Name", "my run", "textbox")
    fill(page, "Width (channels)", 4)
    fill(page, "Priors", "gaussian", "textbox")
    fill(page, "Prior", "gaussian", "textbox")
    page.get_by_role("button", name="Start").click()

    state(page, "running")
    page.wait_for_url("**run=vae-*")
    bar = page.locator(".st-key-stage [data-testid=stProgress]")
    expect(bar).to_contain_text(re.compile(r"epoch \d+ of 300 · .* left"), timeout=PATIENCE)
    before = bar.inner_text()
    expect(bar).not_to_have_text(before, timeout=SOON)  # by itself
    expect(page.locator(".st-key-film-samples canvas").first).to_be_visible(timeout=SOON)

    page.reload()
    state(page, "running")
    expect(page.locator(".st-key-film-samples canvas").first).to_be_visible(timeout=SOON)
    page.get_by_role("button", name="Stop", exact=True).click()
    state(page, "stopped")
    (run,) = registry.all()
    folder = RunFolder(registry.folder, run)
    assert 0 < folder.progress().step < EPOCHS
    other = open_train(browser, dashboard)  # a second tab finds it without a link
    state(other, "stopped")

    page.get_by_role("button", name="Resume").click()
    state(page, "finished")
    assert [row["epoch"] for row in folder.history()] == list(range(1, EPOCHS + 1))

    page.get_by_role("button", name="Promote").click()
    dialog = page.get_by_role("dialog")
    name = dialog.get_by_role("textbox", name="Name there")
    name.fill("vae")
    name.press("Enter")
    copy = dialog.get_by_role("button", name="Copy")
    expect(copy).to_be_disabled(timeout=SOON)  # there is a vae already
    name.fill("mine")
    name.press("Enter")
    expect(dialog.get_by_text("Replace the")).to_have_count(0, timeout=SOON)
    copy.click()
    expect(page.get_by_text("Promoted to checkpoints/mine.")).to_be_visible(timeout=SOON)
    assert load_checkpoint(shelf / "mine").history[-1]["epoch"] == EPOCHS

    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog")).to_contain_text("removed for good", timeout=SOON)
    assert registry.all()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("No run yet.")).to_be_visible(timeout=SOON)
    assert registry.all() == [] and not folder.path.exists()
    assert (shelf / "mine").exists()


@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_server_loses_nothing(browser, registry, shelf, tiny_run, number):
    with serve(shelf) as address:
        page = open_train(browser, address)
        page.get_by_text("Everything else").click()
        run = tiny_run("vae", epochs=150)
        wait_for(registry, run, RUNNING)
        page.reload()
        state(page, "running")
        for child in psutil.Process().children(recursive=True):
            if "streamlit" in child.cmdline():
                child.kill()
    with serve(shelf) as address:
        page = open_train(browser, f"{address}/train?run={run.id}")
        expect(page.locator(".st-key-stage [data-testid=stProgress]")).to_be_visible(timeout=SOON)
        assert wait_for(registry, run, FINISHED)
        state(page, "finished")
    history = RunFolder(registry.folder, run).history()
    assert [row["epoch"] for row in history] == list(range(1, 151))
