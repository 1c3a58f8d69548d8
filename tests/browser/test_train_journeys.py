"""Runs from the page Train, in real processes and a real browser.

A run is held still (SIGSTOP) while the page is compared with it, so that no machine is too fast or
too slow. The servers that are killed are so once; twenty times in a row it is with

    BALLGEN_KILLS=20 pytest tests/browser/test_train_journeys.py -k killed
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from ballgen.runs import control
from ballgen.runs.folder import RunFolder
from ballgen.runs.frames import frame_epochs
from ballgen.runs.liveness import alive, observe
from ballgen.runs.registry import FINISHED, PAUSED, RUNS_VARIABLE, STOPPED, Registry, Run
from ballgen.ui.train.history import ROW_HEIGHT
from benchmarks.browser import DESKTOP, IDLE, PHONE, serve
from tests.runs.conftest import wait_for, wait_for_step
from tests.tiny import tiny_recipe

pytestmark = pytest.mark.browser

PATIENCE = 60_000  # ms; a busy machine is no failure
KILLS = int(os.environ.get("BALLGEN_KILLS", "1"))
EPOCHS, STEPS = 100_000, 12  # of a run that no test sees the end of, and steps in each of them
SOME_EPOCHS = 60  # of a run that is stopped in the middle and then goes on to its end
PICTURES = 96  # as many as the tiny checkpoints saw, so that Compare shows all of them together
TINY = (
    f"new_limit={PICTURES}&new_vae_width=4&new_vae_latent_dim=6&new_vae_batch_size=8"
    "&new_vae_precision=fp32&new_vae_warmup=0&new_vae_priors=gaussian&new_vae_prior=gaussian"
)


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """Other files' expectations keep their own."""
    expect.set_options(timeout=PATIENCE)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture(scope="module")
def shelf(tiny_checkpoints: Path, tmp_path_factory) -> Path:
    """A copy of the tiny checkpoints, to which runs are promoted."""
    return Path(shutil.copytree(tiny_checkpoints, tmp_path_factory.mktemp("shelf") / "shelf"))


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Iterator[Path]:
    """The folder of runs, for this process and for the servers that it starts."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("runs")
        patch.setenv(RUNS_VARIABLE, str(folder))
        yield folder


@pytest.fixture(scope="module")
def address(runs: Path, shelf: Path) -> Iterator[str]:
    with serve(shelf) as address:
        yield address


@pytest.fixture
def registry(runs: Path) -> Iterator[Registry]:
    """The servers' registry, empty before and after the test."""
    registry = Registry(runs)
    yield registry
    for run in observe(registry):
        if run.active:
            psutil.Process(run.pid).kill()
            while alive(run):  # the server that started it may leave a zombie, which never ends
                time.sleep(0.05)
    for run in observe(registry):
        control.delete(registry, run)


@pytest.fixture
def open_train(browser: Browser, address: str, registry) -> Iterator[Callable[..., Page]]:
    """open_train(query="", at=address, **context) -> the page Train in a fresh context, idle."""
    contexts = []

    def open_train(query: str = "", at: str = address, **settings) -> Page:
        contexts.append(browser.new_context(**{"viewport": DESKTOP} | settings))
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(f"{at}/train?{query}")
        expect(page.get_by_role("heading", name="A new run")).to_be_visible()
        page.wait_for_selector(IDLE)
        return page

    yield open_train
    for context in contexts:
        context.close()


@pytest.fixture
def long_run(registry: Registry) -> Run:
    """A run at work that will not end while a test looks at it."""
    recipe = tiny_recipe("vae", epochs=EPOCHS, priors=("gaussian",), prior="gaussian")
    run = control.start(registry, recipe, name="long", loading={"limit": PICTURES})
    wait_for_step(registry, run, 2 * STEPS)
    return registry.get(run.id)


@pytest.fixture
def finished(registry: Registry, done_once: tuple[Path, dict]) -> Run:
    """A finished run of three epochs."""
    return add_copy(registry, done_once)


def add_copy(registry: Registry, done: tuple[Path, dict], **changes) -> Run:
    folder, row = done
    copy = Run(**row | changes)
    shutil.copytree(folder / row["id"], registry.folder / copy.id)
    return registry.add(copy)


@pytest.fixture(scope="module")
def done_once(tmp_path_factory) -> tuple[Path, dict]:
    registry = Registry(tmp_path_factory.mktemp("done"))
    recipe = tiny_recipe("vae", epochs=3, priors=("gaussian",), prior="gaussian")
    run = control.start(registry, recipe, name="short", loading={"limit": PICTURES})
    return registry.folder, wait_for(registry, run, FINISHED).model_dump()


@contextmanager
def held(run: Run) -> Iterator[None]:
    """The run's process stands still meanwhile; what it wrote does not change."""
    process = psutil.Process(run.pid)
    process.suspend()
    try:
        yield
    finally:
        process.resume()


def stage(page: Page) -> Locator:
    return page.locator(".st-key-stage")


def button(page: Page, name: str) -> Locator:
    """In the page or its dialog; Streamlit's own header has a "Stop" too, while a script runs."""
    ours = page.locator("[data-testid=stMainBlockContainer], [role=dialog]")
    return ours.get_by_role("button", name=name, exact=True)


def expect_state(page: Page, state: str) -> None:
    expect(stage(page).locator(".stMarkdownBadge")).to_contain_text(state)


def expect_epoch(page: Page, registry: Registry, run: Run) -> None:
    """The page says where the run stands, and shows its last frame."""
    folder, epochs = RunFolder(registry.folder, run), run.recipe["epochs"]
    expect(stage(page)).to_contain_text(f"epoch {folder.progress().epoch} of {epochs}")
    frame = frame_epochs(folder.frames)[-1]
    expect(stage(page)).to_contain_text(f"Samples of the same codes after epoch {frame}")
    expect(page.locator(".st-key-film-samples canvas").first).to_be_visible()
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


def test_from_the_form_to_a_checkpoint_with_a_reload_and_a_stop_between(
    open_train, address, registry
):
    page = open_train(TINY)
    expect(page.get_by_text("No run yet")).to_be_visible()
    page.get_by_text("Everything else").click()
    fill(page, "Name", "journey")
    fill(page, "Epochs", SOME_EPOCHS)
    button(page, "Start").click()
    expect(stage(page)).to_contain_text("journey")
    (run,) = registry.all()
    wanted = tiny_recipe("vae", epochs=SOME_EPOCHS, priors=("gaussian",), prior="gaussian")
    assert run.recipe == wanted.to_dict()

    wait_for_step(registry, run, 2 * STEPS)
    with held(run := registry.get(run.id)):
        expect_epoch(page, registry, run)
        page.reload()
        expect_state(page, "running")
        expect_epoch(page, registry, run)
        button(page, "Stop").click()
        expect(stage(page)).to_contain_text("asked to stop: it saves itself")
    expect_state(page, "stopped")
    at = RunFolder(registry.folder, run).progress().step
    assert 2 * STEPS <= at < STEPS * SOME_EPOCHS
    button(page, "Resume").click()
    while registry.get(run.id).state == STOPPED:
        page.wait_for_timeout(50)
    wait_for(registry, run, FINISHED)
    expect_state(page, "finished")
    assert starts(registry, run)[1] >= at
    assert [row["epoch"] for row in RunFolder(registry.folder, run).history()] == [
        *range(1, SOME_EPOCHS + 1)
    ]

    button(page, "Promote").click()
    page.get_by_label("Name there", exact=True).fill("from-a-journey")
    page.get_by_label("Name there", exact=True).press("Enter")
    button(page, "Copy").click()
    expect(page.get_by_text("Promoted to shelf/from-a-journey.")).to_be_visible()
    page.goto(f"{address}/compare")
    page.get_by_test_id("stSidebar").get_by_role("combobox").last.click()
    expect(page.get_by_role("option", name="from-a-journey", exact=True)).to_be_visible()


def test_duplicate_with_a_change_rename_and_delete(open_train, registry, finished):
    page = open_train()
    button(page, "Duplicate").click()
    expect(page.get_by_label("Pictures (at most)", exact=True)).to_have_value(str(PICTURES))
    expect(page.get_by_label("Epochs", exact=True)).to_have_value("3")
    page.wait_for_selector(IDLE)  # what is typed before the form stands is filled over
    fill(page, "Epochs", 1)
    button(page, "Start").click()
    expect_state(page, "finished")
    expect(stage(page)).to_contain_text("epoch 1 of 1")
    (twin,) = (run for run in registry.all() if run.id != finished.id)
    assert twin.recipe == finished.recipe | {"epochs": 1}
    assert twin.loading == finished.loading | {"image_size": None}

    button(page, "Rename").click()
    name = page.get_by_role("dialog").get_by_label("Name", exact=True)
    name.fill("twin")
    name.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Rename", exact=True).click()
    expect(stage(page).get_by_role("heading", name="twin")).to_be_visible()
    assert registry.get(twin.id).name == "twin"

    button(page, "Delete").click()
    expect(page.get_by_role("dialog")).to_contain_text("all its files are removed for good")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert {run.id for run in registry.all()} == {twin.id, finished.id}
    button(page, "Delete").click()
    button(page, "Delete for good").click()
    expect(stage(page).get_by_role("heading", name="short")).to_be_visible()
    assert [run.id for run in registry.all()] == [finished.id]
    assert not (registry.folder / twin.id).exists()


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


def test_a_second_tab_sees_the_same_and_what_the_first_one_does(open_train, registry, long_run):
    first, second = open_train(), open_train()
    with held(long_run):
        expect_epoch(first, registry, long_run)
        expect_epoch(second, registry, long_run)
        button(first, "Pause").click()
        expect(stage(second)).to_contain_text("asked to pause: it saves itself")
        expect(button(second, "Pause")).to_be_disabled()
    expect_state(first, "paused")
    expect_state(second, "paused")
    assert registry.get(long_run.id).state == PAUSED


def test_a_run_is_started_by_keyboard_alone(open_train, registry):
    page = open_train(f"{TINY}&new_vae_epochs=1")
    start = button(page, "Start")
    for _ in range(120):
        page.keyboard.press("Tab")
        if start.evaluate("element => element === document.activeElement"):
            break
    expect(start).to_be_focused()
    page.keyboard.press("Enter")
    expect_state(page, "finished")
    (run,) = registry.all()
    assert run.recipe["width"] == 4 and run.loading["limit"] == PICTURES


@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_server_takes_no_run_with_it(open_train, shelf, registry, number):
    with serve(shelf) as address:
        page = open_train(f"{TINY}&new_vae_epochs={EPOCHS}", at=address)
        button(page, "Start").click()
        expect_state(page, "running")
        (run,) = registry.all()
        before = wait_for_step(registry, run, (2 + number) * STEPS)
        kill_server(address)
    after = wait_for_step(registry, run, before.step + 2 * STEPS)
    with serve(shelf) as address:
        page = open_train(at=address)
        expect_state(page, "running")
        with held(registry.get(run.id)):
            expect_epoch(page, registry, run)
        button(page, "Stop").click()
        expect_state(page, "stopped")
    folder = RunFolder(registry.folder, run)
    history = [row["epoch"] for row in folder.history()]
    assert history == [*range(1, len(history) + 1)] and len(history) >= after.step // STEPS
    assert starts(registry, run) == [0]


def kill_server(address: str) -> None:
    """SIGKILL to the server that `serve` started at this address."""
    port = f"--server.port={urlsplit(address).port}"
    (server,) = (child for child in psutil.Process().children() if port in child.cmdline())
    server.kill()


def test_a_killed_worker_is_said_and_resume_goes_on(open_train, registry, long_run):
    page = open_train()
    expect_state(page, "running")
    psutil.Process(long_run.pid).kill()
    expect_state(page, "lost")
    expect(stage(page)).to_contain_text("it was killed, or the machine went down")
    step = RunFolder(registry.folder, long_run).progress().step
    button(page, "Resume").click()
    expect_state(page, "running")
    expect(stage(page)).not_to_contain_text("it was killed")
    wait_for_step(registry, long_run, step + STEPS)


def test_every_page_says_what_trains_and_leads_there(open_train, address, registry, long_run):
    page = open_train()
    page.goto(f"{address}/data")
    line = page.get_by_test_id("stSidebar").get_by_role("link", name="long")
    with held(long_run):
        epoch = RunFolder(registry.folder, long_run).progress().epoch
        expect(line).to_contain_text(f"long · epoch {epoch} of {EPOCHS} · ")
    line.click()
    page.wait_for_url(f"**/train?run={long_run.id}")
    expect_state(page, "running")
    page.goto(f"{address}/data")
    expect(line).to_be_visible()
    control.stop(registry, long_run)
    expect(line).to_be_hidden()
    wait_for(registry, long_run, STOPPED)


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
