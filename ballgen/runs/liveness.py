"""Whether the process behind a run is still there."""

from __future__ import annotations

import time

import psutil

from ballgen.runs.registry import LOST, Registry, Run

STARTING = 60.0  # s that a new process has to tell its number: it imports torch first
CLOCK_STEP = 2.0  # s by which the system's clock may shift what it says of a process's birth


def creation_time(pid: int) -> float | None:
    """When the process began (s since 1970); None if there is none, or only its remains."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.Error:
        return None


def alive(run: Run) -> bool:
    """Whether a run's own process lives; another one may have got its number since."""
    if run.pid is None:
        return time.time() - run.queued_at < STARTING
    born = creation_time(run.pid)
    return (
        born is not None
        and run.process_created is not None
        and abs(born - run.process_created) < CLOCK_STEP
    )


def observe(registry: Registry) -> list[Run]:
    """Every run, the newest first; those whose process died are marked as lost."""
    for run in registry.all():
        if run.active and not alive(run):
            registry.change(
                run,
                (run.state,),
                state=LOST,
                requested_action="",
                ended_at=time.time(),
                message=f"Its process ended without a word while it was {run.state}: it was "
                "killed, or the machine went down. Resume goes on from what was saved last.",
            )
    return registry.all()
