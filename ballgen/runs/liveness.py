"""Whether the process behind a run is still there, by its worker's lease and the system.

runs/<id>/
    worker.lock   locked while the worker lives; the system frees it
    worker.json   the lease: the machine, and a count that grows every other second

Who runs on the same machine looks at the process itself. In another container, on the same kernel,
the lock says whether it lives. On another machine locks may not be seen: there the count says that
it lives, and nothing says that it does not.
"""

import contextlib
import json
import os
import platform
import sys
import time
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import psutil

from ballgen import __version__
from ballgen.errors import InputError
from ballgen.runs.registry import LOST, Registry, Run
from ballgen.util.files import is_locked, write_file
from ballgen.util.wording import duration

LOCK, FILE = "worker.lock", "worker.json"
RENEWAL_S = 2.0
STARTUP_S = 60.0  # from a run's entry until its process has a pid
CREATION_TOLERANCE_S = 2.0  # by which the system may shift what it says of a process's creation
PATIENCE_S = 10.0  # that a process which is asked to end has to save itself
SILENCE_S = 60.0  # without a renewal, after which a lease says nothing any more
WATCH_S = 6.0  # of which a worker would renew it thrice


# --- the lease -----------------------------------------------------------------------------------


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


def write_lease(folder: Path, run: Run, machine: Machine, renewed: int = 0) -> None:
    """Say that a process of a machine works on a run. Raises `InputError`."""
    lease = Lease(machine, run.queued_at, renewed, __version__)
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
        self._folder, self._run, self._machine = folder, run, this_machine()
        self._renewed, self._due = 0, 0.0

    def __call__(self) -> None:
        if time.monotonic() < self._due:
            return
        self._renewed += 1
        self._due = time.monotonic() + RENEWAL_S
        with contextlib.suppress(InputError):  # a full disk: the lock and the process still tell
            write_lease(self._folder, self._run, self._machine, self._renewed)


# --- the process ---------------------------------------------------------------------------------

_watched: dict[str, tuple[Lease, float]] = {}  # by run: its lease, and since when it is unchanged


def creation_time(pid: int) -> float | None:
    """When the process began (s since the machine did, where known, for a clock may be set anew);
    None if there is none, or only its remains.
    """
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return process.create_time() - (psutil.boot_time() if sys.platform == "linux" else 0)
    except (psutil.Error, OverflowError, ValueError, TypeError):  # no pid that there can be
        return None


def own_process(run: Run) -> psutil.Process | None:
    """The run's process on this machine; None if it ended. Another may have got its pid since."""
    if run.pid is None or run.process_created is None:
        return None
    created = creation_time(run.pid)
    if created is None or abs(created - run.process_created) > CREATION_TOLERANCE_S:
        return None
    return psutil.Process(run.pid)


def is_alive(registry: Registry, run: Run) -> bool:
    """Whether a run's own process lives, as far as can be known here: see `lease`.

    From another machine a run is given up only once it was asked to end and nobody answers.
    """
    folder, here = registry.folder / run.id, this_machine()
    lease = read_lease(folder, run)
    if lease is None or lease.machine == here:
        if run.pid is None:
            return abs(time.time() - run.queued_at) < STARTUP_S
        return own_process(run) is not None
    if is_locked(folder / LOCK):
        return True
    if lease.renewed and here.boot and lease.machine.boot == here.boot:
        return False  # in another container of this machine, whose locks are seen here
    if _silence(folder, run, lease) < SILENCE_S:
        return True
    return lease.machine.host != here.host and not run.requested_action


def silence_note(registry: Registry, run: Run) -> str:
    """Of an active run on another machine that says nothing any more; "" of any other."""
    folder = registry.folder / run.id
    lease = read_lease(folder, run)
    if not run.active or lease is None or lease.machine == this_machine():
        return ""
    if (silence := _silence(folder, run, lease)) < SILENCE_S or is_locked(folder / LOCK):
        return ""
    return (
        f"works on {lease.machine.host}, which has said nothing for {duration(silence)}: if that "
        "machine is gone, stop the run here, and a minute later it can be resumed"
    )


def _silence(folder: Path, run: Run, lease: Lease) -> float:
    """Seconds since the lease was renewed, as watched from here by a clock that is never set.

    After a restart of this very machine nobody has watched for long, and the file's age counts.
    """
    known, since = _watched.get(run.id, (None, 0.0))
    if known != lease:
        since = time.monotonic()
        _watched[run.id] = lease, since
    silence = time.monotonic() - since
    if silence > WATCH_S and lease.machine.host == this_machine().host:
        with contextlib.suppress(OSError):
            silence = max(silence, abs(time.time() - (folder / FILE).stat().st_mtime))
    return silence


def current_runs(registry: Registry) -> list[Run]:
    """Every run, the newest first; those whose process died are marked as lost before.

    Raises `InputError` if the registry cannot be read.
    """
    lost = {}
    for run in registry.all():
        if run.active and not is_alive(registry, run):
            message = (
                f"Its process ended without a word while it was {run.state}: it was killed, or the "
                "machine went down. Resume goes on from what was saved last."
            )
            try:
                registry.end(run, LOST, message)
            except InputError as error:  # as on a full disk: then it is known here alone
                lost[run.id] = f"{message} {error}"
    runs = registry.all()
    for run in runs:
        if run.active and run.id in lost:
            run.state, run.message = LOST, lost[run.id]
    return runs


def settled_runs(registry: Registry) -> list[Run]:
    """`current_runs` for who asks only once: watches, for some seconds, leases of before a restart.

    Raises `InputError` if the registry cannot be used.
    """
    runs, here = current_runs(registry), this_machine()
    for run in runs:
        lease = read_lease(registry.folder / run.id, run)
        if run.active and lease and lease.machine.host == here.host and lease.machine != here:
            time.sleep(WATCH_S + 0.5)
            return current_runs(registry)
    return runs
