"""Whether the process behind a run is still there."""

from __future__ import annotations

import time

import psutil

from ballgen.runs.registry import LOST, Registry, Run

STARTUP_S = 60.0  # that a new process has to report its pid: it imports torch first
CLOCK_TOLERANCE_S = 2.0  # by which the system may shift what it says of a process's creation


def creation_time(pid: int) -> float | None:
    """When the process began (s since 1970); None if there is none, or only its remains."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.Error:
        return None


def is_alive(run: Run) -> bool:
    """Whether a run's own process lives; another one may have got its pid since."""
    if run.pid is None:
        return time.time() - run.queued_at < STARTUP_S
    created, known = creation_time(run.pid), run.process_created
    return created is not None and known is not None and abs(created - known) < CLOCK_TOLERANCE_S


def current_runs(registry: Registry) -> list[Run]:
    """Every run, the newest first; those whose process died are marked as lost before.

    Raises `InputError` if the registry cannot be used.
    """
    for run in registry.all():
        if run.active and not is_alive(run):
            message = (
                f"Its process ended without a word while it was {run.state}: it was killed, or the "
                "machine went down. Resume goes on from what was saved last."
            )
            registry.end(run, LOST, message)
    return registry.all()
