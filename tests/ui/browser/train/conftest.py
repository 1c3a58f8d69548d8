"""Runs in a folder of their own, the page Train open on them, and what it says of one."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import psutil
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from ballgen.runs import control
from ballgen.runs.folder import RunFolder
from ballgen.runs.frames import frame_epochs
from ballgen.runs.liveness import current_runs, is_alive
from ballgen.runs.registry import Registry, Run
from ballgen.util.paths import RUNS_VARIABLE
from benchmarks.browser import DESKTOP, IDLE, serve
from tests.helpers.forked import FORKING
from tests.helpers.runs import CHEAP, IMAGES, finished, wait_for_step
from tests.helpers.tiny import tiny_recipe

__all__ = ["finished"]  # a fixture

PATIENCE = 60_000  # ms; a busy machine is no failure
EPOCHS, STEPS = 100_000, 12  # of a run that no test sees the end of, and steps in each of them
TINY = (
    f"new_limit={IMAGES}&new_vae_network_width=4&new_vae_network_latent_dim=6&new_vae_training_batch_size=8"
    "&new_vae_training_precision=fp32&new_vae_optimizer_warmup=0&new_vae_sampling_priors=gaussian&new_vae_sampling_prior=gaussian"
    "&new_vae_scores=fast"
    "&new_vae_finetuning_discriminator_width=4"
)


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """Other files' expectations keep their own."""
    expect.set_options(timeout=PATIENCE)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture(scope="module")
def checkpoints(tiny_checkpoints: Path, tmp_path_factory) -> Path:
    """A copy of the tiny checkpoints, to which runs are promoted."""
    folder = tmp_path_factory.mktemp("promoted") / "checkpoints"
    return Path(shutil.copytree(tiny_checkpoints, folder))


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Iterator[Path]:
    """The folder of runs, for this process and for the servers that it starts."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("runs")
        patch.setenv(RUNS_VARIABLE, str(folder))
        yield folder


@pytest.fixture(scope="module")
def address(runs: Path, checkpoints: Path) -> Iterator[str]:
    with serve(checkpoints) as address:
        yield address


@pytest.fixture
def registry(runs: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """The servers' registry, empty before and after the test."""
    monkeypatch.setattr(control, "subprocess", FORKING)
    registry = Registry(runs)
    yield registry
    for run in current_runs(registry):
        if run.active:
            psutil.Process(run.pid).kill()
            while is_alive(
                registry, run
            ):  # the server that started it may leave a zombie, which never ends
                time.sleep(0.05)
    for run in current_runs(registry):
        control.delete(registry, run)


@pytest.fixture
def open_train(browser: Browser, address: str, registry) -> Callable[..., Page]:
    """open_train(query="", at=address, sent=None, **context) -> Train in a fresh context, idle.

    sent  collects every message to the server
    """

    def open_train(
        query: str = "", at: str = address, sent: list | None = None, **settings
    ) -> Page:
        page = browser.new_context(**{"viewport": DESKTOP} | settings).new_page()
        if sent is not None:
            hear = lambda frame: sent.append(frame)  # noqa: E731  # playwright marks what it calls
            page.on("websocket", lambda socket: socket.on("framesent", hear))
        page.set_default_timeout(PATIENCE)
        page.goto(f"{at}/train?{query}")
        expect(page.get_by_role("heading", name="A new run")).to_be_visible()
        page.wait_for_selector(IDLE)
        return page

    return open_train


@pytest.fixture
def tiny_form(few_balls: Path) -> str:
    """The part of a link that fills the form for a run of seconds."""
    return f"{TINY}&{urlencode({'new_source': few_balls})}"


@pytest.fixture
def long_run(registry: Registry) -> Run:
    """A run that will not end while a test looks at it, and stands still until it is `moving`."""
    recipe = tiny_recipe("vae", epochs=EPOCHS, **CHEAP)
    run = control.start(
        registry, recipe, name="long", loading={"limit": IMAGES, "test_limit": IMAGES}
    )
    wait_for_step(registry, run, 2 * STEPS)
    run = registry.get(run.id)
    psutil.Process(run.pid).suspend()
    return run


def moving(run: Run) -> None:
    """Let the run's process go on."""
    psutil.Process(run.pid).resume()


@contextmanager
def held(run: Run) -> Iterator[None]:
    """The run's process stands still meanwhile; what it wrote does not change."""
    psutil.Process(run.pid).suspend()
    try:
        yield
    finally:
        moving(run)


def selected(page: Page) -> Locator:
    """The card of the selected run."""
    return page.locator(".st-key-selected-run")


def button(page: Page, name: str) -> Locator:
    """In the page or its popover."""
    ours = page.locator("[data-testid=stMainBlockContainer], [data-testid=stPopoverBody]")
    return ours.get_by_role("button", name=name, exact=True)


def expect_state(page: Page, state: str) -> None:
    expect(selected(page).locator(".stMarkdownBadge")).to_contain_text(state)


def expect_epoch(page: Page, registry: Registry, run: Run) -> None:
    """The page says where the run stands, and shows its last frame."""
    folder, epochs = RunFolder(registry.folder, run), run.recipe["training"]["epochs"]
    expect(selected(page)).to_contain_text(f"epoch {folder.progress().epoch} of {epochs}")
    frame = frame_epochs(folder.frames)[-1]
    expect(selected(page)).to_contain_text(f"Samples of the same noise after epoch {frame}")
    expect(page.locator(".st-key-film .samples canvas").first).to_be_visible()
    expect(page.locator(".st-key-curves [data-testid=stVegaLiteChart]").first).to_be_visible()


def starts(registry: Registry, run: Run) -> list[int]:
    """The steps at which the run's processes began."""
    log = RunFolder(registry.folder, run).log.read_text()
    return [int(step) for step in re.findall(r"training from step (\d+)", log)]


def fill(page: Page, label: str, value: object) -> None:
    field = page.get_by_label(label, exact=True)
    field.fill(str(value))
    field.press("Enter")
    page.wait_for_selector(IDLE)
