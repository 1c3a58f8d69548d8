"""Queues the study's runs one by one in the registry, and turns each into a row of the table.

All that it needs to go on is in the table and the registry: a row that stands is not run again,
and a run that somebody began, here or in another terminal, is waited for, resumed or measured.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ballgen.checkpoint.folder import load_checkpoint
from ballgen.errors import InputError
from ballgen.runs.control import delete, pause, resume, start
from ballgen.runs.folder import Progress, RunFolder
from ballgen.runs.liveness import current_runs
from ballgen.runs.registry import FINISHED, PAUSED, RESUMABLE, STOPPED, Registry, Run
from studies.four_hypotheses.design import Design, Trial
from studies.four_hypotheses.measure import measure
from studies.four_hypotheses.pictures import draw, pictures_of
from studies.four_hypotheses.table import Row, append_row

LOCK = "study.lock"
LOOK_EVERY = 0.3  # s
PATIENCE = 60.0  # s that a run has to save itself after Ctrl-C

Tell = Callable[[Run, Progress], None]


class Failed(Exception):
    """One run came to nothing; the others may still."""


class Ended(Exception):
    """Somebody paused or stopped a run of the study: the machine is wanted for something else."""


def conduct(
    registry: Registry,
    table: Path,
    design: Design,
    trial: Trial,
    keep: bool = False,
    tell: Tell = lambda run, progress: None,
) -> Row:
    """Make one trial's run, or go on with it, and write its row.

    keep  leave the run and its checkpoint in the registry; else they go once the row is written
    tell  is told where the run stands

    Raises `Failed`, `Ended`, and `InputError` if the table cannot be written. Ctrl-C pauses the
    run, for the next call to go on with.
    """
    try:
        run = _begin(registry, design, trial)
        run = _wait(registry, run, tell)
        row = _row(registry, design, trial, run, tell)
    except InputError as error:
        raise Failed(str(error)) from error
    append_row(table, row)
    if not keep:
        delete(registry, run)
    return row


@contextmanager
def alone(registry: Registry) -> Iterator[None]:
    """Hold the study of this registry. Raises `InputError` while another process does."""
    lock = FileLock(registry.folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise InputError(
            f"a study is under way in {registry.folder}: wait for it, or end it with Ctrl-C"
        ) from None
    try:
        yield
    finally:
        lock.release()


def run_of(registry: Registry, design: Design, trial: Trial) -> Run | None:
    """The newest run of a trial, if there is one."""
    recipe = design.recipe(trial.setting).to_dict()
    pictures = pictures_of(design, trial.setting)
    wanted = (recipe, *pictures, trial.seed, None)
    for run in current_runs(registry):
        try:
            known = run.recipe  # it may be older than some fields
        except InputError:
            continue
        if (known, run.source, run.loading, run.seed, run.minutes) == wanted:
            return run
    return None


def _begin(registry: Registry, design: Design, trial: Trial) -> Run:
    """The trial's run, which now waits, trains or is finished."""
    run = run_of(registry, design, trial)
    if run is None:
        draw(design, trial.setting)
        source, loading = pictures_of(design, trial.setting)
        recipe = design.recipe(trial.setting)
        return start(registry, recipe, source, name=str(trial), loading=loading, seed=trial.seed)
    if run.state in RESUMABLE:
        resume(registry, run)
    return registry.get(run.id)


def _wait(registry: Registry, run: Run, tell: Tell) -> Run:
    """The run once it is finished."""
    folder = RunFolder(registry.folder, run)
    try:
        while run.active:
            tell(run, folder.progress())
            time.sleep(LOOK_EVERY)
            current_runs(registry)
            run = registry.get(run.id)
    except KeyboardInterrupt:
        _leave(registry, run)
        raise
    if run.state in (PAUSED, STOPPED):
        raise Ended(f"somebody {run.state} the run {run.name}")
    if run.state != FINISHED:
        raise Failed(f"run {run.id} ({run.name}) is {run.state}: {run.message}")
    return run


def _row(registry: Registry, design: Design, trial: Trial, run: Run, tell: Tell) -> Row:
    """What a finished run's checkpoint says."""
    folder = RunFolder(registry.folder, run)
    tell(run, folder.progress()._replace(stage="measuring"))
    began = time.monotonic()
    checkpoint = load_checkpoint(folder.checkpoint)
    figures = measure(design, trial, checkpoint)
    trained = checkpoint.record["seconds"]
    # What a resumed run took before it was resumed is known of its training only.
    worked = max(trained, run.ended_at - run.started_at) + time.monotonic() - began
    return Row(design.digest, trial, figures | {"train_seconds": trained, "total_seconds": worked})


def _leave(registry: Registry, run: Run) -> None:
    """Let the run save itself and end, so that the cores are free when the terminal is."""
    try:
        pause(registry, run)
    except InputError:  # it ended by itself
        return
    end = time.monotonic() + PATIENCE
    while registry.get(run.id).active and time.monotonic() < end:
        time.sleep(LOOK_EVERY)
        current_runs(registry)
