"""A live run is never said to be lost, and a killed one on the same machine always."""

from __future__ import annotations

import os
import time

import psutil
import pytest

from ballgen.errors import InputError
from ballgen.runs import liveness
from ballgen.runs.control import delete, force_stop, stop
from ballgen.runs.liveness import (
    FILE,
    LOCK,
    SILENCE_S,
    WATCH_S,
    LeaseRenewal,
    Machine,
    creation_time,
    current_runs,
    settled_runs,
    silence_note,
    this_machine,
)
from ballgen.runs.registry import LOST, RUNNING, STOPPED, Registry, Run
from ballgen.util.files import acquire
from tests.helpers.commands import start_python

HERE = this_machine()
CONTAINER = HERE._replace(host="container", container="pid:[1]")
RESTARTED = HERE._replace(boot="another")
ELSEWHERE = Machine("gpu-7", "another", "pid:[1]")


@pytest.fixture
def registry(tmp_path) -> Registry:
    return Registry(tmp_path / "runs")


@pytest.fixture
def clock(monkeypatch):
    """Moves the clock that is never set."""
    moved = [0.0]
    real = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: real() + moved[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: moved.append(moved.pop() + seconds))
    return lambda seconds: moved.append(moved.pop() + seconds)


@pytest.fixture
def at_work(registry):
    """A run that this process works on: its row, and how it renews its lease."""
    pid = os.getpid()
    known = {"pid": pid, "process_created": creation_time(pid)}
    run = registry.add(Run(id="ae-1", name="mine", recipe={}, state=RUNNING, **known))
    renewal = LeaseRenewal(registry.folder / run.id, run)
    renewal()

    def renew():
        renewal._due = 0.0
        renewal()

    lock = acquire(registry.folder / run.id / LOCK, "held")
    yield run, renew
    lock.release()


def see_from(monkeypatch, machine: Machine) -> None:
    monkeypatch.setattr(liveness, "this_machine", lambda: machine)
    monkeypatch.setattr("ballgen.runs.control.this_machine", lambda: machine)
    if machine != HERE:  # there the number means another process
        monkeypatch.setattr(liveness, "creation_time", lambda pid: None)


def state(registry: Registry) -> str:
    (run,) = current_runs(registry)
    return run.state


@pytest.mark.parametrize("step", [-(10**7), -3600, 3600, 10**7])
@pytest.mark.parametrize("machine", [HERE, CONTAINER, RESTARTED, ELSEWHERE])
def test_a_step_of_the_clock_loses_no_live_run(
    registry, at_work, monkeypatch, clock, step, machine
):
    _, renew = at_work
    see_from(monkeypatch, machine)
    real, boot = time.time, psutil.boot_time()
    monkeypatch.setattr(time, "time", lambda: real() + step)
    if hasattr(psutil, "_pslinux"):
        monkeypatch.setattr(psutil._pslinux, "boot_time", lambda: boot + step)
    for _ in range(50):
        assert state(registry) == RUNNING
        clock(2.0)
        renew()


@pytest.mark.parametrize("machine", [HERE, CONTAINER, RESTARTED, ELSEWHERE])
@pytest.mark.parametrize("locks_are_seen", [True, False])
def test_from_nowhere_is_a_live_run_lost(
    registry, at_work, monkeypatch, clock, machine, locks_are_seen
):
    _, renew = at_work
    see_from(monkeypatch, machine)
    if not locks_are_seen and machine != CONTAINER:  # one kernel sees its own locks
        monkeypatch.setattr(liveness, "is_locked", lambda path: False)
    for seconds in (1, 30, 59, 1, 59):
        assert state(registry) == RUNNING
        clock(seconds)
        renew()


def test_a_frozen_one_on_another_machine_is_given_up_only_when_asked(
    registry, at_work, monkeypatch, clock
):
    run, _ = at_work
    see_from(monkeypatch, ELSEWHERE)
    monkeypatch.setattr(liveness, "is_locked", lambda path: False)
    assert state(registry) == RUNNING and not silence_note(registry, run)
    clock(10 * SILENCE_S)
    assert state(registry) == RUNNING
    assert "has said nothing for 10 min" in silence_note(registry, run)
    stop(registry, run)
    assert state(registry) == LOST
    assert registry.get(run.id).requested_action == "stop"  # for it may come back


def end_the_process(registry, run) -> None:
    registry.change(run, pid=2**22 + 1)
    (registry.folder / run.id / LOCK).unlink()


def test_a_killed_one_is_lost_at_once_here_and_in_another_container(registry, at_work, monkeypatch):
    run, _ = at_work
    end_the_process(registry, run)
    see_from(monkeypatch, CONTAINER)
    assert state(registry) == LOST
    registry.change(run, state=RUNNING)
    see_from(monkeypatch, HERE)
    assert state(registry) == LOST


def test_after_a_restart_it_is_lost_within_seconds(registry, at_work, monkeypatch, clock):
    run, _ = at_work
    end_the_process(registry, run)
    old = time.time() - 2 * SILENCE_S
    os.utime(registry.folder / run.id / FILE, (old, old))
    see_from(monkeypatch, RESTARTED)
    assert state(registry) == RUNNING  # perhaps another machine of this name
    clock(WATCH_S + 1)
    assert state(registry) == LOST
    registry.change(run, state=RUNNING)
    liveness._watched.clear()
    assert [run.state for run in settled_runs(registry)] == [LOST]  # who asks once, waits once


def test_a_lease_that_says_nothing_is_none(registry, at_work):
    run, _ = at_work
    for text in (
        "",
        "[]",
        "{}",
        "null",
        "[1, 2, 3]",
        '[["a"], 1, 1]',
        "[" * 100_000,
        '[[1,2,3],"x",{}]',
    ):
        (registry.folder / run.id / FILE).write_text(text)
        assert liveness.read_lease(registry.folder / run.id, run) is None
        assert state(registry) == RUNNING


def test_deleting_never_takes_the_folder_of_a_live_worker(registry, at_work):
    run, _ = at_work
    file = registry.folder / run.id / "history.jsonl"
    file.touch()
    for said in (RUNNING, STOPPED, LOST):  # whatever the registry says
        registry.change(run, state=said)
        with pytest.raises(InputError, match="runs stop ae-1 --force"):
            delete(registry, run, patience=0.3)
        assert file.exists() and registry.get(run.id)
    assert registry.get(run.id).requested_action == "stop"


def test_another_machines_process_is_not_ended_here(registry, at_work, monkeypatch):
    run, _ = at_work
    see_from(monkeypatch, ELSEWHERE)
    with pytest.raises(InputError, match="on another machine"):
        force_stop(registry, run, patience=0.3)
    assert state(registry) == RUNNING


def test_a_number_that_another_process_got_is_not_ended(registry):
    other = start_python("-c", "input()", stdin=-1)
    run = Run(id="ae-1", name="mine", recipe={}, state=RUNNING, pid=other.pid, process_created=5.0)
    registry.add(run)
    with pytest.raises(InputError, match="only a queued or running one"):
        current_runs(registry)
        force_stop(registry, run, patience=0.3)
    assert other.poll() is None
    other.communicate("")
