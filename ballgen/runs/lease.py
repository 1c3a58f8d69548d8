"""A worker's lease on its run: which machine works on it, renewed for as long as it does.

runs/<id>/
    worker.lock   locked while the worker lives; the system frees it
    worker.json   the machine, and a count that grows every other second

Who runs on the same machine looks at the process itself. In another container, on the same kernel,
the lock says whether it lives. On another machine locks may not be seen: there the count says that
it lives, and nothing says that it does not.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import time
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from ballgen import __version__
from ballgen.errors import InputError
from ballgen.runs.registry import Run
from ballgen.util.files import write_file

LOCK, FILE = "worker.lock", "worker.json"
RENEWAL_S = 2.0


class Machine(NamedTuple):
    """Where a pid means the same process: a host, since its start, and a container on it."""

    host: str
    boot: str
    container: str


@lru_cache(maxsize=1)
def this_machine() -> Machine:
    """This one. Its start and container are known on Linux."""
    boot = container = ""
    with contextlib.suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        container = os.readlink("/proc/self/ns/pid")
    return Machine(platform.node(), boot, container)


class Lease(NamedTuple):
    """What `worker.json` says.

    renewed  how often; 0 before the worker itself has taken over
    version  of its ballgen
    """

    machine: Machine
    queued_at: float
    renewed: int
    version: str


def write_lease(folder: Path, run: Run, renewed: int = 0) -> None:
    """Say that a process of this machine works on a run. Raises `InputError`."""
    lease = Lease(this_machine(), run.queued_at, renewed, __version__)
    write_file(folder / FILE, json.dumps(lease).encode())


def read_lease(folder: Path, run: Run) -> Lease | None:
    """The lease on a run since it was last started or resumed; None if there is none."""
    lease = last_lease(folder)
    return lease if lease and lease.queued_at == run.queued_at else None


def last_lease(folder: Path) -> Lease | None:
    """The lease of who last worked on a run; None if nobody knows."""
    try:
        machine, queued_at, renewed, version = json.loads((folder / FILE).read_text())
        return Lease(Machine(*map(str, machine)), float(queued_at), int(renewed), str(version))
    except (OSError, ValueError, TypeError, OverflowError, RecursionError):
        return None


class LeaseRenewal:
    """Renews the lease whenever it is due."""

    def __init__(self, folder: Path, run: Run) -> None:
        self._folder, self._run = folder, run
        self._renewed, self._due = 0, 0.0

    def __call__(self) -> None:
        if time.monotonic() < self._due:
            return
        self._renewed += 1
        self._due = time.monotonic() + RENEWAL_S
        with contextlib.suppress(InputError):  # a full disk: the lock and the process still tell
            write_lease(self._folder, self._run, self._renewed)
