"""Start, stop, resume, rename, delete, promote: what people do with runs."""

import os
import secrets
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from itertools import chain, count
from pathlib import Path
from typing import Any

import psutil

from ballgen.errors import InputError
from ballgen.recipes import Recipe
from ballgen.runs.folder import RunFolder, read_recipe
from ballgen.runs.liveness import (
    LOCK,
    PATIENCE_S,
    creation_time,
    current_runs,
    own_process,
    read_lease,
    this_machine,
    write_lease,
)
from ballgen.runs.registry import (
    ACTIVE,
    FAILED,
    FINISHED,
    QUEUED,
    RESUMABLE,
    STOP,
    STOPPED,
    Registry,
    Run,
)
from ballgen.util.files import acquire, is_locked, replace_folder, report_unwritable
from ballgen.util.paths import RUNS_VARIABLE, output_root

POLL_INTERVAL_S = 0.1

# Two processes with busy waiting threads slow each other down tenfold; and glibc gives memory back
# after every step and pays for it in page faults, unless these are large.
WORKER_ENVIRONMENT = {
    "OMP_WAIT_POLICY": "PASSIVE",
    "MALLOC_TRIM_THRESHOLD_": str(2**30),
    "MALLOC_TOP_PAD_": str(2**26),
    "MALLOC_MMAP_THRESHOLD_": str(2**30),
}


def start(
    registry: Registry,
    recipe: Recipe,
    source: str = "sportballs",
    *,
    name: str = "",
    loading: dict[str, Any] | None = None,
    seed: int = 0,
    minutes: float | None = None,
    save_every: float = 30.0,
) -> Run:
    """Enter a run and start its process, which waits in the queue.

    loading     what `load_data` takes beside source, recipe and seed
    minutes     end by the clock; None trains the recipe's epochs
    save_every  s: so much training is lost at most
    Raises `InputError` for a source that cannot be, and without a usable registry.
    """
    from ballgen.data.sources import canonical  # late: it imports torch, which takes seconds

    run = Run(
        id=f"{recipe.name}-{secrets.token_hex(3)}",
        name=name.strip() or _free_name(registry, recipe.name),
        recipe=recipe.to_dict(),
        source=canonical(source),  # the worker may stand in another folder
        loading=loading or {},
        seed=seed,
        minutes=minutes,
        save_every=save_every,
    )
    registry.add(run)
    _start_worker(registry, run)
    return run


def _free_name(registry: Registry, name: str) -> str:
    """The name, or the first of "name 2", "name 3", … that no other run has."""
    taken = {run.name for run in registry.all()}
    numbered = (f"{name} {number}" for number in count(2))
    return next(one for one in chain([name], numbered) if one not in taken)


def resume(registry: Registry, run: Run) -> None:
    """Continue a run exactly where it was saved. Raises `InputError` if it cannot go on."""
    read_recipe(registry, run)  # raises for another version's
    fresh = {"requested_action": "", "pid": None, "process_created": None, "message": ""}
    if not registry.change(run, RESUMABLE, state=QUEUED, queued_at=time.time(), **fresh):
        state = registry.get(run.id).state
        raise InputError(f"run {run.name} is {state}: only {', '.join(RESUMABLE)} runs go on")
    _start_worker(registry, registry.get(run.id))


def stop(registry: Registry, run: Run) -> None:
    """Ask a run to save itself and end, to go on later. Raises `InputError` unless it is active."""
    if not registry.change(run, ACTIVE, requested_action=STOP):
        state = registry.get(run.id).state
        raise InputError(f"run {run.name} is {state}: only a queued or running one can stop")


def rename(registry: Registry, run: Run, name: str) -> None:
    """Give a run another name. Raises `InputError` for an empty one, and if the run is gone."""
    if not name.strip():
        raise InputError("a run's name must not be empty: type one")
    if not registry.change(run, name=name.strip()):
        registry.get(run.id)  # raises: it is gone


def delete(registry: Registry, run: Run, patience: float = PATIENCE_S) -> None:
    """Delete a run and its files for good, once its process has ended, which is asked to stop.

    patience  s that are waited for it
    Raises `InputError` if it does not end in that time, or if the run is gone already.
    """
    if registry.get(run.id).active:
        with suppress(InputError):  # it ended just now
            stop(registry, run)
    wait_for_end(registry, run, patience)
    folder = registry.folder / run.id
    held = f"run {run.name} is still at work: stop it before you delete it"
    lock = acquire(folder / LOCK, held) if folder.exists() else None
    try:
        if not registry.remove(run):
            state = registry.get(run.id).state
            raise InputError(f"run {run.name} is {state}: stop it before you delete it")
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        if lock:
            lock.release()


def force_stop(registry: Registry, run: Run, patience: float = PATIENCE_S) -> None:
    """Stop a run; if it does not answer, as a process that hangs does not, end its process.

    patience  s that it has to save itself; else what it saved last is kept
    Raises `InputError` for a process on another machine, and if it is not active.
    """
    run = registry.get(run.id)
    if not run.requested_action:
        stop(registry, run)
    with suppress(InputError):
        return wait_for_end(registry, run, patience)
    lease = read_lease(registry.folder / run.id, run)
    if lease and lease.machine != this_machine():
        raise InputError(
            f"the process of run {run.name} is in another container or on another machine "
            f"({lease.machine.host}): end it there"
        )
    if process := own_process(run):
        with suppress(psutil.Error):
            process.kill()
            process.wait(PATIENCE_S)
        if own_process(run):
            raise InputError(
                f"process {run.pid} of run {run.name} cannot be ended: end it yourself"
            )
    message = "It did not answer and was ended. Resume goes on from what was saved last."
    registry.end(run, STOPPED, message)


def wait_for_end(registry: Registry, run: Run, patience: float) -> None:
    """Wait until a run's process has ended. Raises `InputError` if it does not in `patience` s."""
    end = time.monotonic() + patience
    while True:
        current_runs(registry)
        now = registry.look_up(run.id)
        # A process that can be seen from here may be at work, whatever the registry says.
        if now is None or not (now.active or is_locked(registry.folder / run.id / LOCK)):
            return
        if time.monotonic() > end:
            raise InputError(
                f"run {now.name} was asked to stop and has not ended yet: wait for it, or force it "
                f"to stop (`python -m ballgen runs stop {now.id} --force`)"
            )
        time.sleep(POLL_INTERVAL_S)


def promote(
    registry: Registry, run: Run, checkpoints: Path, name: str, replace: bool = False
) -> Path:
    """Copy a finished run's checkpoint to `checkpoints/name`, whole or not at all.

    Raises `InputError` for a run that is not finished, a name that is no plain folder name, or one
    that is taken: by a checkpoint, unless `replace` says that it may go, or by anything else.
    """
    # Late: they import torch, which takes seconds and nothing else here needs.
    from ballgen.checkpoint.card import write_card
    from ballgen.checkpoint.folder import CARD, check_name, is_taken, load_checkpoint

    if run.state != FINISHED:
        raise InputError(f"run {run.name} is {run.state}: only a finished one has a checkpoint")
    name = check_name(name.strip())
    target = checkpoints / name
    if is_taken(target) and not replace:
        raise InputError(f"{target} is there already: choose another name, or say to replace it")
    source = RunFolder(registry.folder, run).checkpoint
    found = load_checkpoint(source)  # verified: a damaged one must not replace a good one
    # A folder is no part of a checkpoint: a notebook or a file manager put it there.
    files = (path for path in source.iterdir() if path.is_file())
    card = write_card(target, found.model, found.record, found.history, found.scores)
    replace_folder(target, {file.name: file.read_bytes() for file in files} | {CARD: card.encode()})
    return target


def _start_worker(registry: Registry, run: Run) -> None:
    """Start the run's worker, in a session of its own so that it outlives who started it.

    Raises `InputError` where that cannot be, and then the run has failed.
    """
    folder = RunFolder(registry.folder, run)
    try:
        with report_unwritable(folder.path):
            write_lease(folder.path, run, this_machine())  # makes the folder
            with folder.log.open("ab") as log:
                process = subprocess.Popen(
                    [sys.executable, "-m", "ballgen.runs.worker", run.id],
                    cwd=output_root(),
                    env=WORKER_ENVIRONMENT | os.environ | {RUNS_VARIABLE: str(registry.folder)},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
    except InputError as error:
        registry.end(run, FAILED, str(error))
        raise
    # The worker notes its own pid too, but only after its imports, and may be killed before.
    registry.change(run, (QUEUED,), pid=process.pid, process_created=creation_time(process.pid))
