"""`python -m ballgen runs list|show|stop|resume|export [RUN]`"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from ballgen.errors import InputError
from ballgen.runs.registry import Registry, Run

PATIENCE = 120.0  # s that `stop` waits for a run to save itself


def add_arguments(runs: argparse.ArgumentParser) -> None:
    actions = runs.add_subparsers(required=True, metavar="list|show|stop|resume|export")
    actions.add_parser("list", help="one line per run").set_defaults(command=list_runs)
    for name, what, command in (
        ("show", "all that is known of a run", show_run),
        ("stop", "save a run and end its process", stop_run),
        ("resume", "let a run go on exactly where it was saved", resume_run),
        ("export", "write its figures and pictures as TensorBoard reads them", export_run),
    ):
        parser = actions.add_parser(name, help=what)
        parser.add_argument("run", metavar="RUN", help="id, the start of an id, or name")
        parser.set_defaults(command=command)
        if command is export_run:
            parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="result")


def list_runs(args: argparse.Namespace) -> None:
    """One line per run, the newest first."""
    from ballgen.runs.liveness import observe

    registry = Registry()
    runs = observe(registry)
    if not runs:
        print("No run yet. Start one on the dashboard's page Train: streamlit run app.py")
    for run in runs:
        print(f"{run.id:18} {run.state:9} {_where(registry, run):24} {run.name}")


def show_run(args: argparse.Namespace) -> None:
    """All that is known of a run."""
    registry, run = _find(args)
    print(f"{run.id} ({run.name})")
    lines = {
        "state": run.state + (f", asked to {run.requested_action}" if run.requested_action else ""),
        "what happened": run.message,
        "where": _where(registry, run),
        "source": run.source,
        "loading": ", ".join(f"{k} {v}" for k, v in run.loading.items() if v is not None),
        "seed": run.seed,
        "minutes": run.minutes,
        "folder": registry.folder / run.id,
    }
    for name, value in lines.items():
        if value not in ("", None):
            print(f"  {name:14} {value}")
    from ballgen.recipes import RECIPES, Recipe

    try:
        recipe = Recipe.from_dict(run.recipe)
    except InputError as error:
        raise InputError(
            f"run {run.id} has a recipe that this version of ballgen cannot use ({error}): "
            "update ballgen"
        ) from error
    usual, own = RECIPES.get(recipe.name, Recipe()).to_dict(), recipe.to_dict()
    for name, value in own.items():
        if value != usual[name]:
            print(f"  {name:14} {value} (usually {usual[name]})")


def stop_run(args: argparse.Namespace) -> None:
    """Stop a run and wait until it has saved itself."""
    from ballgen.runs.control import stop
    from ballgen.runs.liveness import observe
    from ballgen.runs.registry import RESUMABLE

    registry, run = _find(args)
    stop(registry, run)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        observe(registry)
        now = registry.get(run.id)
        if not now.active:
            how = f"; go on with: python -m ballgen runs resume {run.id}"
            print(f"{run.id} is {now.state}{how if now.state in RESUMABLE else ''}")
            return
        time.sleep(0.2)
    raise InputError(f"run {run.id} did not stop within {PATIENCE:.0f} s: look into its log.txt")


def resume_run(args: argparse.Namespace) -> None:
    """Let a run go on in a process of its own."""
    from ballgen.runs.control import resume

    registry, run = _find(args)
    resume(registry, run)
    print(f"{run.id} goes on; see it with: python -m ballgen runs show {run.id}")


def export_run(args: argparse.Namespace) -> None:
    """Write what TensorBoard reads."""
    from ballgen.runs.tensorboard import export_events

    registry, run = _find(args)
    print(f"{export_events(registry, run, args.out)}: see it with: tensorboard --logdir {args.out}")


def _find(args: argparse.Namespace) -> tuple[Registry, Run]:
    from ballgen.runs.liveness import observe

    registry = Registry()
    observe(registry)
    return registry, registry.find(args.run)


def _where(registry: Registry, run: Run) -> str:
    from ballgen.runs.folder import RunFolder

    progress = RunFolder(registry.folder, run).progress()
    if not progress.steps:
        return progress.stage if run.active else ""
    where = f"epoch {progress.epoch} of {progress.epochs}"
    if run.state == "running" and progress.seconds_left is not None:
        return f"{where}, {progress.seconds_left:.0f} s left"
    return where
