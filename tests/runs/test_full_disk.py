"""A full disk is told in one line that says what to do, and costs nothing that was saved."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ballgen.errors import InputError
from ballgen.runs import control
from ballgen.runs.control import resume, start
from ballgen.runs.folder import RunFolder
from ballgen.runs.liveness import current_runs
from ballgen.runs.registry import FAILED, FINISHED, LOST, RUNNING, Registry, Run
from tests.helpers.forked import FORKING
from tests.helpers.runs import CHEAP, FEW, wait_for, wait_for_step
from tests.helpers.tiny import tiny_recipe

FULL = r"runs has no room .*: free space on its disk; what runs have saved is kept"


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A disk of 6 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", place], check=False)
    if made.returncode:
        pytest.xfail("this system lets nobody make a disk")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def fill(place: Path) -> None:
    number = os.open(place / "filling", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with contextlib.suppress(OSError):
        while os.write(number, bytes(500)):
            pass
    os.close(number)


def full(*_):
    raise sqlite3.OperationalError("database or disk is full")


def test_a_registry_without_room_says_what_to_do(tmp_path, monkeypatch):
    registry = Registry(tmp_path / "runs")
    gone = {"pid": 2**22 + 1, "process_created": 1.0}  # beyond the greatest pid
    run = registry.add(Run(id="ae-1", name="mine", recipe={}, state=RUNNING, **gone))
    monkeypatch.setattr("sqlalchemy.engine.default.DefaultDialect.do_commit", full)
    for write in (
        lambda: registry.add(Run(id="ae-2", name="new", recipe={})),
        lambda: registry.end(run, FAILED),
        lambda: registry.remove(run),
    ):
        with pytest.raises(InputError, match=FULL) as told:
            write()
        assert "\n" not in str(told.value) and "sqlalche.me" not in str(told.value)
    (shown,) = current_runs(registry)  # what cannot be noted is shown nevertheless
    assert shown.state == LOST and "has no room" in shown.message


def test_a_folder_without_room_for_a_registry_says_so(tmp_path, monkeypatch):
    def no_room(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "touch", no_room)
    with pytest.raises(InputError, match=FULL):
        Registry(tmp_path / "runs")


def test_a_run_that_cannot_begin_for_want_of_room_has_failed(tmp_path, monkeypatch):
    def no_room(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    registry = Registry(tmp_path / "runs")
    monkeypatch.setattr("ballgen.runs.control.subprocess.Popen", no_room)
    with pytest.raises(InputError, match="free space on its disk"):
        start(registry, tiny_recipe("ae"))
    (run,) = registry.all()
    assert run.state == FAILED and "free space on its disk" in run.message


@pytest.mark.slow
def test_a_new_registry_on_a_full_disk(small_disk):
    fill(small_disk)
    with pytest.raises(InputError, match=FULL):
        Registry(small_disk / "runs")


@pytest.mark.slow
def test_a_run_whose_disk_gets_full_goes_on_when_there_is_room(small_disk, monkeypatch):
    monkeypatch.setattr(control, "subprocess", FORKING)
    monkeypatch.setenv("BALLGEN_RUNS", str(small_disk / "runs"))
    registry = Registry()
    recipe = tiny_recipe("ae", epochs=60, **CHEAP)
    run = start(
        registry, recipe, loading={"limit": 64, "test_limit": FEW, "image_size": 16}, save_every=0.2
    )
    wait_for_step(registry, run, 20)
    fill(small_disk)
    failed = wait_for(registry, run, FAILED)
    assert "free space on its disk" in failed.message and str(small_disk) in failed.message
    (small_disk / "filling").unlink()
    resume(registry, failed)
    wait_for(registry, run, FINISHED)
    assert "training from step 0" in RunFolder(registry.folder, run).log.read_text()
