"""Runs from the queue to their end, in real processes.

The kill test ran once here; twenty times in a row it runs with

    BALLGEN_KILLS=20 pytest tests/runs/test_worker.py -k killed
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time

import psutil
import pytest
import torch

from ballgen.checkpoint.folder import load_checkpoint
from ballgen.data.sheets import contact_sheet, to_png
from ballgen.errors import InputError
from ballgen.priors import Gaussian
from ballgen.runs import control
from ballgen.runs.control import resume, start, stop
from ballgen.runs.folder import RunFolder
from ballgen.runs.frames import SAMPLES, frame_epochs, read_frame
from ballgen.runs.liveness import current_runs
from ballgen.runs.registry import FAILED, FINISHED, LOST, QUEUED, RUNNING, STOPPED
from tests.helpers.commands import fork
from tests.helpers.runs import wait_for, wait_for_step
from tests.helpers.tiny import tiny_recipe

pytestmark = pytest.mark.slow  # minutes, or processes of their own

KILLS = int(os.environ.get("BALLGEN_KILLS", "1"))
LONG = 40  # epochs of 8 steps: some seconds

IN_ONE_GO = """
import json
import sys
from pathlib import Path
from ballgen.experiment import Experiment, load_data
from ballgen.recipes import Recipe

run, out = json.loads(sys.argv[1]), Path(sys.argv[2])
recipe = Recipe.from_dict(run["recipe"])
data = load_data(run["source"], recipe, seed=run["seed"], **run["loading"])
experiment = Experiment(recipe, data, out, run["seed"], run["minutes"])
experiment.run()
print(experiment.folder)
"""


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """uninterrupted(run) -> the checkpoint of the same experiment, trained in one go.

    In a fresh process, as a run is: in this one another test may have changed the threads, and with
    them the order of sums. Not one of `multiprocessing`, whose new processes begin with this one's
    `__main__`, which a test of a page has replaced by the page.
    """
    folders = {}

    def uninterrupted(run):
        experiment = json.dumps(
            {
                name: getattr(run, name)
                for name in ("recipe", "source", "loading", "seed", "minutes")
            }
        )
        if experiment not in folders:
            done = fork("-c", IN_ONE_GO, experiment, tmp_path_factory.mktemp("in_one_go"))
            assert done.returncode == 0, done.stderr
            folders[experiment] = done.stdout.strip()
        return load_checkpoint(folders[experiment])

    return uninterrupted


def assert_same(registry, run, whole) -> None:
    """The run's checkpoint has the weights, bit for bit, and the history of `whole`."""
    found = load_checkpoint(RunFolder(registry.folder, run).checkpoint)
    states = found.model.state_dict(), whole.model.state_dict()
    assert states[0].keys() == states[1].keys()
    for name in states[0]:
        assert torch.equal(states[0][name], states[1][name]), name
    for row, other in zip(found.history, whole.history, strict=True):
        assert row | {"seconds": 0} == other | {"seconds": 0}
    assert [row["epoch"] for row in RunFolder(registry.folder, run).history()] == [
        row["epoch"] for row in whole.history
    ]


def test_a_run_goes_from_the_queue_to_a_checkpoint_with_frames(registry, tiny_run, monkeypatch):
    monkeypatch.setattr(control, "subprocess", subprocess)  # not forked, as a dashboard starts it
    run = tiny_run("vae", epochs=3, name="first try")
    done = wait_for(registry, run, FINISHED)
    assert done.name == "first try"
    assert done.created_at <= done.started_at <= done.ended_at
    folder = RunFolder(registry.folder, run)
    checkpoint = load_checkpoint(folder.checkpoint)
    assert [row["epoch"] for row in folder.history()] == [1, 2, 3]
    assert folder.history() == checkpoint.history
    progress = folder.progress()
    assert (progress.stage, progress.step, progress.epoch) == ("finished", 24, 3)
    assert frame_epochs(folder.frames) == [1, 2, 3]
    frames = [read_frame(folder.frames, epoch) for epoch in (1, 3)]
    assert frames[0].samples != frames[1].samples
    last = checkpoint.model
    assert frames[1].codes.shape[1] == last.latent_dim
    codes = torch.from_numpy(frames[1].codes)
    noise = Gaussian().fit(codes, torch.zeros(len(codes), dtype=torch.int64))
    samples = last.decode(noise.sample(SAMPLES, torch.Generator().manual_seed(0)))
    assert frames[1].samples == to_png(contact_sheet(samples, columns=16, gap=0))


def test_two_runs_take_turns(registry, tiny_run):
    first, second = tiny_run(epochs=20), tiny_run(epochs=1)
    together = set()
    while registry.get(second.id).active:
        together.add(tuple(registry.get(run.id).state for run in (first, second)))
        current_runs(registry)  # else a lost one would stay active for ever
        time.sleep(0.02)
    assert (RUNNING, QUEUED) in together
    assert (RUNNING, RUNNING) not in together
    assert wait_for(registry, first, FINISHED).ended_at <= registry.get(second.id).started_at


def test_stopped_and_resumed_is_as_never_stopped(registry, tiny_run, uninterrupted):
    run = tiny_run("vae", epochs=LONG)
    wait_for_step(registry, run, 20)
    stop(registry, run)
    stopped = wait_for(registry, run, STOPPED)
    folder = RunFolder(registry.folder, run)
    at = folder.progress().step
    assert 20 <= at < 8 * LONG
    assert (folder.path / "vae.unfinished").exists() and not folder.checkpoint.exists()
    with pytest.raises(InputError, match="only a queued or running one"):
        stop(registry, run)

    resume(registry, stopped)
    wait_for(registry, run, FINISHED)
    starts = re.findall(r"training from step (\d+)", folder.log.read_text())
    assert int(starts[0]) == 0 and int(starts[1]) >= at
    assert_same(registry, run, uninterrupted(run))


@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_worker_is_lost_and_goes_on(registry, tiny_run, uninterrupted, number):
    at = 40 + 10 * number
    run = tiny_run("gan", epochs=2 * at // 8, save_every=0.05)
    wait_for_step(registry, run, at)
    os.kill(registry.get(run.id).pid, signal.SIGKILL)
    lost = wait_for(registry, run, LOST)
    assert "killed" in lost.message
    resume(registry, lost)
    wait_for(registry, run, FINISHED)
    log = RunFolder(registry.folder, run).log.read_text()
    starts = re.findall(r"training from step (\d+)", log)
    assert int(starts[1]) > 0, "it began anew and not where it was saved"
    assert_same(registry, run, uninterrupted(run))


@pytest.mark.parametrize("number", range(KILLS))
def test_a_run_outlives_who_was_killed_after_starting_it(registry, tiny_run, tmp_path, number):
    code = (
        "import os, signal, subprocess\n"
        "from ballgen.runs import control\n"
        "from ballgen.runs.control import start\n"
        "from ballgen.runs.registry import Registry\n"
        "from tests.helpers.tiny import tiny_recipe\n"
        "control.subprocess = subprocess  # not forked, as a dashboard starts it\n"
        "recipe = tiny_recipe('ae', epochs=20, priors=(), scores='fast')\n"
        "loading = {'limit': 64, 'test_limit': 24, 'image_size': 16}\n"
        "run = start(Registry(), recipe, loading=loading)\n"
        "print(run.id, flush=True)\n"
        "os.killpg(os.getpid(), signal.SIGKILL)\n"
    )
    starter = fork("-c", code)
    assert starter.returncode == -signal.SIGKILL
    wait_for(registry, registry.get(starter.stdout.strip()), FINISHED)


def test_a_waiting_run_can_be_stopped_and_lost(registry, tiny_run):
    first, second, third = (tiny_run(epochs=400) for _ in range(3))
    wait_for_step(registry, first, 1)
    stop(registry, second)
    wait_for(registry, second, STOPPED)
    psutil.Process(registry.get(third.id).pid).kill()
    assert wait_for(registry, third, LOST).message
    assert registry.get(first.id).state == RUNNING


def test_a_number_that_another_process_got_is_not_the_run(registry, tiny_run):
    run = tiny_run(epochs=400)
    wait_for(registry, run, RUNNING)
    worker = psutil.Process(registry.get(run.id).pid)
    registry.change(run, pid=os.getpid())  # lives, but was born at another time
    assert wait_for(registry, run, LOST)
    worker.kill()


def test_a_failure_is_one_line_and_can_be_tried_again(registry):
    run = start(registry, tiny_recipe("ae"), source="no/such/place")
    failed = wait_for(registry, run, FAILED)
    assert "no/such/place" in failed.message and "\n" not in failed.message
    resume(registry, failed)
    assert "no/such/place" in wait_for(registry, run, FAILED).message


def test_only_one_of_two_who_resume_gets_it(registry, tiny_run):
    run = tiny_run(epochs=400)
    wait_for_step(registry, run, 1)
    stop(registry, run)
    stopped = wait_for(registry, run, STOPPED)
    resume(registry, stopped)
    with pytest.raises(InputError, match="only stopped, failed, lost runs go on"):
        resume(registry, stopped)
    assert [found.id for found in current_runs(registry)] == [run.id]
