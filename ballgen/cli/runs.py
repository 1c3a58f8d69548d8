"""python -m ballgen runs list | show | stop | resume | export | delete: the dashboard's runs."""

import argparse
import sys
from pathlib import Path

from ballgen.runs.folder import RunFolder, describe, read_recipe
from ballgen.runs.liveness import PATIENCE_S, settled_runs, silence_note
from ballgen.runs.registry import RESUMABLE, Registry, Run
from ballgen.util.paths import DASHBOARD_COMMAND

STOP_TIMEOUT_S = 120.0  # that a run has to save itself


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `runs` takes."""
    actions = parser.add_subparsers(required=True, metavar="list|show|stop|resume|export|delete")
    for name, summary, action in (
        ("list", "one line per run", list_runs),
        ("show", "all that is known of a run", show_run),
        ("stop", "save a run and end its process", stop_run),
        ("resume", "continue a run exactly where it was saved", resume_run),
        ("export", "write its losses, images and codes for TensorBoard", export_run),
        ("delete", "stop a run and remove it with all its files", delete_run),
    ):
        subparser = actions.add_parser(name, help=summary)
        subparser.set_defaults(action=action)
        if name != "list":
            subparser.add_argument("run", metavar="RUN", help="id, the start of an id, or name")
    actions.choices["stop"].add_argument(
        "--force",
        action="store_true",
        help=f"end a process that does not answer within {PATIENCE_S:.0f} s",
    )
    actions.choices["export"].add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder for TensorBoard's files"
    )


def run(args: argparse.Namespace) -> None:
    """Do what was asked for. Raises `InputError`."""
    args.action(args)


def list_runs(args: argparse.Namespace) -> None:
    """Print one line per run, the newest first. Raises `InputError` without a usable registry."""
    registry = Registry()
    runs = settled_runs(registry)
    for damage in registry.damaged:
        print(f"ballgen: {damage}", file=sys.stderr)
    if not runs:
        print(f"No run yet. Start one on the dashboard's page Train: {DASHBOARD_COMMAND}")
    for run in runs:
        print(f"{run.id:18} {run.state:9} {run.name:18} {_position(registry, run)}".rstrip())


def show_run(args: argparse.Namespace) -> None:
    """Print all that is known of a run. Raises `InputError`, also for another version's recipe."""
    from ballgen.recipes import RECIPE_TYPES, RECIPES
    from ballgen.util.settings import settings

    registry, run = _find(args)
    print(f"{run.id} ({run.name})")
    lines = {
        "state": run.state,
        "what happened": run.message or silence_note(registry, run),
        "progress": _position(registry, run),
        "source": run.source,
        "loading": ", ".join(f"{k} {v}" for k, v in run.loading.items() if v is not None),
        "seed": run.seed,
        "minutes": run.minutes,
        "folder": registry.folder / run.id,
    }
    for name, value in lines.items():
        if value not in ("", None):
            print(f"  {name:14} {value}")
    recipe = read_recipe(registry, run)
    named = RECIPES.get(recipe.name, RECIPE_TYPES[recipe.family]())
    default = {setting.path: setting.value for setting in settings(named)}
    for setting in settings(recipe):
        if setting.value != default.get(setting.path):
            print(f"  {setting.path:14} {setting.value} (default {default.get(setting.path)})")


def stop_run(args: argparse.Namespace) -> None:
    """Stop a run and wait until it has saved itself. Raises `InputError` if it does not stop."""
    from ballgen.runs.control import force_stop, stop, wait_for_end

    registry, run = _find(args)
    (force_stop if args.force else stop)(registry, run)
    wait_for_end(registry, run, STOP_TIMEOUT_S)
    state = registry.get(run.id).state
    how = f"; go on with: python -m ballgen runs resume {run.id}"
    print(f"{run.id} is {state}{how if state in RESUMABLE else ''}")


def resume_run(args: argparse.Namespace) -> None:
    """Continue a run in a process of its own. Raises `InputError` if it cannot go on."""
    from ballgen.runs.control import resume

    registry, run = _find(args)
    resume(registry, run)
    print(f"{run.id} goes on; see it with: python -m ballgen runs show {run.id}")


def export_run(args: argparse.Namespace) -> None:
    """Write what TensorBoard reads. Raises `InputError` before the end of a run's first epoch."""
    from ballgen.runs.tensorboard import export_events

    registry, run = _find(args)
    print(f"{export_events(registry, run, args.out)}: see it with: tensorboard --logdir {args.out}")


def delete_run(args: argparse.Namespace) -> None:
    """Stop a run if need be, and remove it. Raises `InputError` if it does not stop."""
    from ballgen.runs.control import delete

    if Registry().remove_damaged(args.run):
        print(f"the damaged row of {args.run} is removed; its folder, if any, is left")
        return
    registry, run = _find(args)
    delete(registry, run, STOP_TIMEOUT_S)
    print(f"{run.id} is deleted")


def _find(args: argparse.Namespace) -> tuple[Registry, Run]:
    registry = Registry()
    settled_runs(registry)
    return registry, registry.find(args.run)


def _position(registry: Registry, run: Run) -> str:
    return describe(run, RunFolder(registry.folder, run).progress())
