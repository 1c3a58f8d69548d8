"""Ctrl-C, SIGTERM and a request to stop are heard at once in every part of a run, and lose nothing.

On a quiet machine in under two seconds, which `python -m benchmarks.reliability_runs` measures.
"""

from __future__ import annotations

import signal
import time

import pytest

from ballgen.checkpoint.folder import load_checkpoint
from ballgen.runs.control import force_stop, resume, stop
from ballgen.runs.liveness import own_process
from ballgen.runs.registry import FINISHED, RUNNING, STOPPED, Run
from tests.helpers.commands import finish, fork
from tests.helpers.runs import CHEAP, FEW, wait_for, wait_for_step
from tests.helpers.stopping import catch, seconds_to_stop
from tests.helpers.tiny import tiny_recipe

pytestmark = pytest.mark.slow  # processes of their own, forked

# `python -m benchmarks.reliability_runs` measures all parts of both; here are one of each kind.
TRAIN_ALL = [
    ("loading images", signal.SIGTERM),
    ("training", signal.SIGINT),
    ("fitting priors", signal.SIGINT),
    ("scoring", signal.SIGTERM),
    ("between two renames", signal.SIGTERM),
]
WORKER = [("training", "signal"), ("fitting priors", "request"), ("scoring", "signal")]
LIMIT_S = 10.0  # on a busy machine
QUICK = ["--recipes", "vae", "--limit", "64", "--test-limit", "24", "--image-size", "16",
         "--set", "width=4", "--set", "discriminator_width=4",
         "--set", "batch_size=8", "--set", "priors=gaussian",
         "--set", "prior=gaussian", "--set", "precision=fp32",
         "--set", "scores=fast"]  # fmt: skip


@pytest.mark.parametrize(("part", "number"), TRAIN_ALL)
def test_train_all_is_stopped_in_every_part(part, number, tmp_path):
    length = ["--epochs", 400 if part == "training" else 2]
    arguments = ["train_all.py", *QUICK, "--out", tmp_path, *length]
    if part == "between two renames":
        assert fork(*arguments).returncode == 0
        arguments.append("--replace")
    process = catch(part, *arguments)
    assert seconds_to_stop(process, number) < LIMIT_S
    assert process.returncode == 130
    if part == "training":
        assert (tmp_path / "vae.unfinished").exists()
        return
    done = fork(*arguments, "--resume")
    assert done.returncode == 0, done.stderr
    assert load_checkpoint(tmp_path / "vae").history[-1]["epoch"] == 2


@pytest.mark.parametrize(("part", "way"), WORKER)
def test_a_worker_is_stopped_in_every_part(part, way, registry):
    recipe = tiny_recipe("vae", epochs=400 if part == "training" else 2, **CHEAP).to_dict()
    loading = {"limit": 64, "test_limit": FEW, "image_size": 16}
    run = registry.add(Run(id="vae-1", name="caught", recipe=recipe, loading=loading))
    process = catch(part, "worker", run.id)
    began = time.monotonic()
    if way == "signal":
        seconds_to_stop(process)
    else:
        stop(registry, run)
        finish(process, 60)
    assert time.monotonic() - began < LIMIT_S
    ended = registry.get(run.id)
    assert ended.state == STOPPED
    if part != "training":
        resume(registry, ended)
        wait_for(registry, run, FINISHED)


def test_a_frozen_worker_can_be_ended_and_goes_on(registry, tiny_run):
    run = tiny_run(epochs=60, save_every=0.05)
    step = wait_for_step(registry, run, 20).step
    frozen = own_process(registry.get(run.id))
    frozen.suspend()
    assert registry.get(run.id).state == RUNNING
    force_stop(registry, run, patience=1.0)
    ended = registry.get(run.id)
    assert ended.state == STOPPED and "did not answer" in ended.message
    assert not frozen.is_running() or frozen.status() == "zombie"
    resume(registry, ended)
    wait_for(registry, run, FINISHED)
    assert step


def test_two_commands_on_one_folder(tmp_path):
    arguments = ["train_all.py", *QUICK, "--out", tmp_path]
    first = catch("training", *arguments, "--epochs", 400)
    for flags in (["--epochs", 1], ["--epochs", 1, "--replace"], ["--epochs", 400, "--resume"]):
        second = fork(*arguments, *flags)
        assert second.returncode == 2
        assert second.stderr.count("\n") == 1
        assert f"another process is training {tmp_path / 'vae'} already" in second.stderr
    first.kill()  # the system frees the lock
    finish(first)
    assert fork(*arguments, "--epochs", 1, "--replace").returncode == 0
    assert {path.name for path in tmp_path.iterdir()} == {"vae", "comparison.png"}
