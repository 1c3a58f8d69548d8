"""Locks on files, which the system frees when their process ends, however it ends."""

from __future__ import annotations

import contextlib
from pathlib import Path

from filelock import FileLock, Timeout

from ballgen.errors import InputError
from ballgen.util.files import report_unwritable

PATIENCE_S = 2.0  # who only looks holds a lock for a moment, too


def is_locked(path: Path) -> bool:
    """Whether a process, of this or another container, holds the lock; makes no file."""
    if not path.exists():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except (Timeout, OSError):  # not ours to open: rather believed in than broken
        return True


def acquire(path: Path, held: str, patience: float = PATIENCE_S) -> FileLock:
    """The lock at `path`, whose folder is made; `release` gives it back.

    held      what to say where another process has it
    patience  s that are waited for it
    Raises `InputError` then, and where the file cannot be written.
    """
    lock = FileLock(path, timeout=patience)
    with report_unwritable(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except Timeout:
            raise InputError(held) from None
    return lock


def release(lock: FileLock) -> None:
    """Give a lock back and remove its file; who waits for that one then takes a new one."""
    with contextlib.suppress(OSError):  # Windows removes no open file
        Path(lock.lock_file).unlink()
    lock.release()
