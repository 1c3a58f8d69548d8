"""One run at a time, in the order in which they were queued: they would fight for the cores."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from ballgen.runs.liveness import is_alive
from ballgen.runs.registry import QUEUED, Registry, Run

LOCK = "queue.lock"
POLL_INTERVAL_S = 0.3


@contextmanager
def queue_lock(registry: Registry, run: Run) -> Iterator[None]:
    """Wait for the queue's lock and hold it.

    The system frees the lock of a process that is killed. Raises `InputError` if the registry
    cannot be read.
    """
    lock = FileLock(registry.folder / LOCK)
    while _others_are_first(registry, run) or not _acquired(lock):
        time.sleep(POLL_INTERVAL_S)
    try:
        yield
    finally:
        lock.release()


def _acquired(lock: FileLock) -> bool:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    return True


def _others_are_first(registry: Registry, run: Run) -> bool:
    """Whether a run that was queued earlier still waits."""
    return any(
        other.state == QUEUED
        and (other.queued_at, other.id) < (run.queued_at, run.id)
        and is_alive(registry, other)
        for other in registry.all()
    )
