"""One run at a time, in the order in which they were started: they would fight for the cores."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from ballgen.runs.liveness import alive
from ballgen.runs.registry import QUEUED, Registry, Run

LOCK = "queue.lock"
POLL_INTERVAL_S = 0.3


@contextmanager
def turn(registry: Registry, run: Run, leaving: Callable[[], object]) -> Iterator[bool]:
    """Hold the queue's lock; gives False, and holds nothing, once `leaving` says so.

    The system frees the lock of a process that is killed.
    """
    lock = FileLock(registry.folder / LOCK)
    while not _acquired(lock, registry, run):
        if leaving():
            yield False
            return
        time.sleep(POLL_INTERVAL_S)
    try:
        yield True
    finally:
        lock.release()


def _acquired(lock: FileLock, registry: Registry, run: Run) -> bool:
    if ahead(registry, run):
        return False
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    return True


def ahead(registry: Registry, run: Run) -> list[Run]:
    """The runs that wait in front of this one."""
    return [
        other
        for other in registry.all()
        if other.state == QUEUED
        and (other.queued_at, other.id) < (run.queued_at, run.id)
        and alive(other)
    ]
