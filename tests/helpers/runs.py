"""Real runs of tiny nets, each in a process of its own, and copies of one that is finished."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from ballgen.runs import control
from ballgen.runs.control import start
from ballgen.runs.folder import Progress, RunFolder
from ballgen.runs.liveness import current_runs
from ballgen.runs.registry import Registry, Run
from tests.helpers.forked import FORKING
from tests.helpers.tiny import tiny_recipe

PATIENCE = 300.0  # s; a busy machine is no failure
# C2ST takes longer than the training.
CHEAP = {"priors": ("gaussian",), "prior": "gaussian", "scores": "fast"}
FEW = 24  # test images: each takes a hundredth of a second to score, and KID needs twenty
IMAGES = 96  # as many as the tiny checkpoints saw, so that Compare shows all of them together


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """An empty registry; its runs' processes are forked, and do not outlive the test."""
    monkeypatch.setattr(control, "subprocess", FORKING)
    monkeypatch.setenv("BALLGEN_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    registry = Registry()
    yield registry
    for run in current_runs(registry):
        if run.active and run.pid not in (None, os.getpid()):
            psutil.Process(run.pid).kill()


@pytest.fixture
def tiny_run(registry: Registry) -> Callable[..., Run]:
    """tiny_run(family, epochs=..., **settings) -> a run that was just started."""

    def tiny_run(family: str = "ae", epochs: int = 2, **settings) -> Run:
        recipe = tiny_recipe(family, epochs=epochs, **CHEAP)
        loading = {"limit": 64, "test_limit": FEW, "image_size": 16}
        return start(registry, recipe, loading=loading, **settings)

    return tiny_run


@pytest.fixture
def finished(registry: Registry, finished_once: tuple[Path, dict]) -> Run:
    """A finished run of three epochs, in the test's own registry."""
    return add_copy(registry, finished_once)


def add_copy(registry: Registry, done: tuple[Path, dict], **changes) -> Run:
    """A copy of a finished run, by its registry's folder and its row; with changes to the row."""
    folder, row = done
    copy = Run(**row | changes)
    shutil.copytree(folder / row["id"], registry.folder / copy.id)
    return registry.add(copy)


def wait_for(registry: Registry, run: Run, *states: str) -> Run:
    """The run once it is in one of these states."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        current_runs(registry)
        now = registry.get(run.id)
        if now.state in states:
            return now
        if not now.active:
            break
        time.sleep(0.05)
    log = RunFolder(registry.folder, run).last_lines()
    raise AssertionError(f"{run.id} is {now.state} ({now.message}), not {states}:\n{log}")


def wait_for_step(registry: Registry, run: Run, step: int) -> Progress:
    """Where the run stands once it has done so many steps."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        progress = RunFolder(registry.folder, run).progress()
        if progress.step >= step:
            return progress
        time.sleep(0.05)
    raise AssertionError(f"{run.id} did not get to step {step}: {progress}")
