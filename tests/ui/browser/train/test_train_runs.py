"""Runs from the page Train, in processes of their own and a real browser.

A run is held still (SIGSTOP) while the page is compared with it, so that no machine is too fast or
too slow. A server and a worker are killed once; twenty times in a row it is with

    BALLGEN_KILLS=20 pytest tests/ui/browser/train -k killed
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode, urlsplit

import psutil
import pytest
from playwright.sync_api import expect

import benchmarks.browser
from ballgen.runs import control
from ballgen.runs.folder import RunFolder
from ballgen.runs.registry import FINISHED, STOPPED
from benchmarks.browser import IDLE, serve
from tests.helpers.keys import tab_to
from tests.helpers.runs import CHEAP, IMAGES, add_copy, wait_for, wait_for_step
from tests.helpers.tiny import tiny_recipe
from tests.ui.browser.train.conftest import (
    EPOCHS,
    STEPS,
    button,
    expect_epoch,
    expect_state,
    fill,
    held,
    moving,
    selected,
    starts,
)

pytestmark = pytest.mark.browser

KILLS = int(os.environ.get("BALLGEN_KILLS", "1"))
# Of a run that is stopped in the middle and then goes on to its end; not the recipe's own.
SOME_EPOCHS = 21


def test_from_the_form_to_a_checkpoint_with_a_reload_and_a_stop_between(
    open_train, address, registry, tiny_form, few_balls
):
    page = open_train(tiny_form)
    expect(page.get_by_text("No run yet")).to_be_visible()
    page.get_by_text("Everything else").click()
    fill(page, "Name", "journey")
    fill(page, "Epochs", SOME_EPOCHS)
    button(page, "Start").click()
    expect(selected(page)).to_contain_text("journey")
    (run,) = registry.all()
    wanted = tiny_recipe("vae", epochs=SOME_EPOCHS, **CHEAP)
    assert run.recipe == wanted.to_dict()

    wait_for_step(registry, run, 2 * STEPS)
    with held(run := registry.get(run.id)):
        expect_epoch(page, registry, run)
        page.reload()
        expect_state(page, "running")
        expect_epoch(page, registry, run)
        epoch = RunFolder(registry.folder, run).progress().epoch
        spoken = selected(page).locator(".st-key-announced [role=status]")
        expect(spoken).to_have_text(f"running, epoch {epoch} of {SOME_EPOCHS}")
        button(page, "Stop training").click()
        expect(selected(page)).to_contain_text("asked to stop: it saves itself")
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
    expect(page.get_by_text("Promoted to checkpoints/from-a-journey.")).to_be_visible()
    page.goto(f"{address}/compare?{urlencode({'dataset': f'{few_balls.name}, 32×32 px'})}")
    shown = page.get_by_test_id("stSidebar").get_by_role("combobox", name=re.compile(r"\bVAE$"))
    expect(shown).to_have_value("from-a-journey")


def test_a_dialog_renames_and_deletes(open_train, registry, finished_once, finished):
    """That the form is filled for a twin, and what cannot be done, is seen without a browser."""
    twin = add_copy(registry, finished_once, id="vae-twin", created_at=finished.created_at + 1)
    page = open_train()
    dialog = page.get_by_role("dialog")
    button(page, "Rename").click()
    name = dialog.get_by_label("Name", exact=True)
    name.fill("twin")
    name.press("Enter")
    dialog.get_by_role("button", name="Rename", exact=True).click()
    expect(selected(page).get_by_role("heading", name="twin")).to_be_visible()
    assert registry.get(twin.id).name == "twin"

    button(page, "Delete").click()
    expect(dialog).to_contain_text("all its files are removed for good")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert {run.id for run in registry.all()} == {twin.id, finished.id}
    button(page, "Delete").click()
    button(page, "Delete for good").click()
    expect(selected(page).get_by_role("heading", name="short")).to_be_visible()
    assert [run.id for run in registry.all()] == [finished.id]
    assert not (registry.folder / twin.id).exists()


def test_a_dialog_stays_open_while_its_run_ends(open_train, registry, long_run):
    page = open_train()
    page.wait_for_selector(IDLE)
    button(page, "Rename").click()
    dialog = page.get_by_role("dialog")
    name = dialog.get_by_label("Name", exact=True)
    expect(name).to_have_value("long")
    page.wait_for_selector(IDLE)  # what is typed before the dialog stands is filled over
    name.fill("typed meanwhile")
    moving(long_run)
    control.stop(registry, long_run)
    expect_state(page, "stopped")
    page.wait_for_timeout(2500)  # every part of the page has looked again by then
    page.wait_for_selector(IDLE)
    expect(name).to_have_value("typed meanwhile")
    dialog.get_by_role("button", name="Rename", exact=True).click()
    expect(dialog).to_be_hidden()
    expect(selected(page).get_by_role("heading", name="typed meanwhile")).to_be_visible()


def test_a_second_tab_sees_the_same_and_what_the_first_one_does(open_train, registry, long_run):
    first, second = open_train(), open_train()
    with held(long_run):
        expect_epoch(first, registry, long_run)
        expect_epoch(second, registry, long_run)
        button(first, "Stop training").click()
        expect(selected(second)).to_contain_text("asked to stop: it saves itself")
        expect(button(second, "Stop training")).to_be_disabled()
    expect_state(first, "stopped")
    expect_state(second, "stopped")
    assert registry.get(long_run.id).state == STOPPED


def test_a_run_is_started_by_keyboard_alone(open_train, registry, tiny_form):
    page = open_train(f"{tiny_form}&new_vae_training_epochs=1")
    start = button(page, "Start")
    tab_to(page, start, 120)
    page.keyboard.press("Enter")
    expect_state(page, "finished")
    (run,) = registry.all()
    assert run.recipe["network"]["width"] == 4 and run.loading["limit"] == IMAGES


@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_server_takes_no_run_with_it(open_train, checkpoints, registry, number, tiny_form):
    with not_forked(), serve(checkpoints) as address:
        page = open_train(f"{tiny_form}&new_vae_training_epochs={EPOCHS}", at=address)
        button(page, "Start").click()
        expect_state(page, "running")
        (run,) = registry.all()
        before = wait_for_step(registry, run, (2 + number) * STEPS)
        kill_server(address)
    after = wait_for_step(registry, run, before.step + 2 * STEPS)
    with serve(checkpoints) as address:
        page = open_train(at=address)
        expect_state(page, "running")
        with held(registry.get(run.id)):
            expect_epoch(page, registry, run)
        button(page, "Stop training").click()
        expect_state(page, "stopped")
    folder = RunFolder(registry.folder, run)
    history = [row["epoch"] for row in folder.history()]
    assert history == [*range(1, len(history) + 1)] and len(history) >= after.step // STEPS
    assert starts(registry, run) == [0]


@contextmanager
def not_forked() -> Iterator[None]:
    """A dashboard and its runs are started as people start them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(benchmarks.browser, "subprocess", subprocess)
        yield


def kill_server(address: str) -> None:
    """SIGKILL to the server that `serve` started at this address."""
    port = f"--server.port={urlsplit(address).port}"
    (server,) = (child for child in psutil.Process().children() if port in child.cmdline())
    server.kill()


@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_worker_is_said_and_resume_goes_on(open_train, registry, long_run, number):
    page = open_train()
    expect_state(page, "running")
    moving(long_run)
    wait_for_step(registry, long_run, (3 + number) * STEPS)
    psutil.Process(long_run.pid).kill()
    expect_state(page, "lost")
    expect(selected(page)).to_contain_text("it was killed, or the machine went down")
    step = RunFolder(registry.folder, long_run).progress().step
    button(page, "Resume").click()
    expect_state(page, "running")
    expect(selected(page)).not_to_contain_text("it was killed")
    wait_for_step(registry, long_run, step + STEPS)


def test_the_list_of_runs_grows_with_what_trains_and_keeps_its_ticks(
    open_train, registry, long_run, finished
):
    page = open_train(f"ticked={finished.id}")
    row = page.locator(".st-key-history [role=row]", has_text=long_run.name)
    headers = page.locator(".st-key-history [role=columnheader]")
    expect(headers.filter(has_text="Epochs")).to_be_attached()
    column = headers.all_text_contents().index("Epochs")
    epochs = row.locator("[role=gridcell]").nth(column)
    before = int(epochs.text_content())
    moving(long_run)
    wait_for_step(registry, long_run, (before + 10) * STEPS)
    expect(epochs).not_to_have_text(str(before))
    ticked = page.locator(".st-key-history [role=row][aria-selected=true]")
    expect(ticked).to_have_count(1)
    expect(ticked).to_contain_text(finished.name)


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
