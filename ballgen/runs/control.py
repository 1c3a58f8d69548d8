"""Start, pause, stop, resume, rename, delete, promote: what people do with runs."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from ballgen.checkpoint.card import write_card
from ballgen.checkpoint.folder import CARD, check_name, is_taken, load_checkpoint
from ballgen.data.sources import canonical
from ballgen.errors import InputError
from ballgen.recipes import Recipe
from ballgen.runs.folder import RunFolder
from ballgen.runs.liveness import creation_time
from ballgen.runs.location import RUNS_VARIABLE
from ballgen.runs.registry import (
    ACTIVE,
    FINISHED,
    PAUSE,
    QUEUED,
    RESUMABLE,
    STOP,
    Registry,
    Run,
)
from ballgen.util.files import replace_folder
from ballgen.util.project import output_root

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
    run = Run(
        id=f"{recipe.name}-{secrets.token_hex(3)}",
        name=name.strip() or recipe.name,
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


def resume(registry: Registry, run: Run) -> None:
    """Continue a run exactly where it was saved. Raises `InputError` if it cannot go on."""
    fresh = {"requested_action": "", "pid": None, "process_created": None, "message": ""}
    if not registry.change(run, RESUMABLE, state=QUEUED, queued_at=time.time(), **fresh):
        state = registry.get(run.id).state
        raise InputError(f"run {run.name} is {state}: only {', '.join(RESUMABLE)} runs go on")
    _start_worker(registry, registry.get(run.id))


def pause(registry: Registry, run: Run) -> None:
    """Ask a run to save itself and end, to go on later. Raises `InputError` unless it is active."""
    _request(registry, run, PAUSE)


def stop(registry: Registry, run: Run) -> None:
    """Ask a run to save itself and end. Raises `InputError` unless it is active."""
    _request(registry, run, STOP)


def _request(registry: Registry, run: Run, action: str) -> None:
    if not registry.change(run, ACTIVE, requested_action=action):
        state = registry.get(run.id).state
        raise InputError(f"run {run.name} is {state}: only a queued or running one can {action}")


def rename(registry: Registry, run: Run, name: str) -> None:
    """Give a run another name. Raises `InputError` for an empty one, and if the run is gone."""
    if not name.strip():
        raise InputError("a run's name must not be empty: type one")
    if not registry.change(run, name=name.strip()):
        registry.get(run.id)  # raises: it is gone


def delete(registry: Registry, run: Run) -> None:
    """Delete a run and its files for good. Raises `InputError` if it is active, or gone already."""
    if not registry.remove(run):
        state = registry.get(run.id).state
        raise InputError(f"run {run.name} is {state}: stop it before you delete it")
    shutil.rmtree(registry.folder / run.id, ignore_errors=True)


def promote(
    registry: Registry, run: Run, checkpoints: Path, name: str, replace: bool = False
) -> Path:
    """Copy a finished run's checkpoint to `checkpoints/name`, whole or not at all.

    Raises `InputError` for a run that is not finished, a name that is no plain folder name, or one
    that is taken: by a checkpoint, unless `replace` says that it may go, or by anything else.
    """
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
    """Start the run's worker, in a session of its own so that it outlives who started it."""
    folder = RunFolder(registry.folder, run)
    folder.path.mkdir(parents=True, exist_ok=True)
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
    # The worker notes its own pid too, but only after its imports, and may be killed before.
    registry.change(run, (QUEUED,), pid=process.pid, process_created=creation_time(process.pid))
