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

from ballgen.checkpoint.folder import check_name, is_taken, load_checkpoint
from ballgen.data.sources import canonical
from ballgen.errors import InputError
from ballgen.recipes import Recipe
from ballgen.runs.folder import RunFolder
from ballgen.runs.liveness import creation_time
from ballgen.runs.location import RUNS_VARIABLE
from ballgen.runs.registry import (
    ACTIVE,
    FINISHED,
    QUEUED,
    RESUMABLE,
    Registry,
    Run,
)
from ballgen.runs.watch import PAUSE, STOP
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
    """Enter a run and give it a process, which waits for its turn. Raises `InputError`."""
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
    _give_process(registry, run)
    return run


def resume(registry: Registry, run: Run) -> None:
    """Let a run go on exactly where it was saved. Raises `InputError` if it cannot."""
    queued_at = time.time()
    claimed = registry.change(
        run,
        RESUMABLE,
        state=QUEUED,
        requested_action="",
        pid=None,
        process_created=None,
        message="",
        queued_at=queued_at,
    )
    if not claimed:
        state = registry.get(run.id).state
        raise InputError(f"run {run.name} is {state}: only {', '.join(RESUMABLE)} runs go on")
    _give_process(registry, registry.get(run.id))


def pause(registry: Registry, run: Run) -> None:
    """Wish that a run saves itself and ends, to go on later."""
    _wish(registry, run, PAUSE)


def stop(registry: Registry, run: Run) -> None:
    """Wish that a run saves itself and ends."""
    _wish(registry, run, STOP)


def _wish(registry: Registry, run: Run, wish: str) -> None:
    if not registry.change(run, ACTIVE, requested_action=wish):
        state = registry.get(run.id).state
        raise InputError(f"run {run.name} is {state}: only a queued or running one can {wish}")


def rename(registry: Registry, run: Run, name: str) -> None:
    """Call a run something else. Raises `InputError` for an empty name."""
    if not name.strip():
        raise InputError("a run's name must not be empty: type one")
    if not registry.change(run, name=name.strip()):
        registry.get(run.id)  # says that it is gone


def delete(registry: Registry, run: Run) -> None:
    """Remove a run and its files for good. Raises `InputError` while it is at work, or if it is
    gone already.
    """
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
    load_checkpoint(source)  # verified: a damaged one must not replace a good one
    replace_folder(target, {file.name: file.read_bytes() for file in source.iterdir()})
    return target


def _give_process(registry: Registry, run: Run) -> None:
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
    # The worker tells its own number too, but only after its imports: until then it can be killed.
    registry.change(run, (QUEUED,), pid=process.pid, process_created=creation_time(process.pid))
