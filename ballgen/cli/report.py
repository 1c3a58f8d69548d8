"""python -m ballgen report: figures, tables and conclusions about some models, to hand in."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ballgen.cli import arguments
from ballgen.errors import InputError

if TYPE_CHECKING:
    from ballgen.checkpoint.folder import Checkpoint
    from ballgen.data.imageset import ImageSet


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `report` takes."""
    parser.add_argument(
        "models",
        nargs="+",
        metavar="CHECKPOINT_OR_RUN",
        help="folder of a checkpoint, e.g. checkpoints/vae, or a run's id, name or folder",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="a new or empty folder"
    )
    arguments.add_shared(
        parser,
        "--data",
        required=False,
        help="test images to show, as for the other commands; by default those of the checkpoints",
    )
    arguments.add_shared(parser, "--seed", help="of the samples, and of the images that are shown")


def run(args: argparse.Namespace) -> None:
    """Make the report and write it. Raises `InputError`."""
    from ballgen.report.making import make_report
    from ballgen.report.writing import HTML, write_report
    from ballgen.util.files import check_empty

    check_empty(args.out)
    models = [_open(text) for text in dict.fromkeys(args.models)]
    images = choose_test_images(args, models)
    with arguments.progress_bar() as show:
        out = write_report(make_report(models, images, args.seed, show), args.out)
    print(f"{out / HTML}: open it in a browser; figures and tables lie beside it")


def _open(text: str) -> tuple[str, Checkpoint]:
    """A checkpoint and its name, from its folder, or a run's folder, id or name."""
    from ballgen.checkpoint.folder import RECORD, load_checkpoint
    from ballgen.util.paths import any_runs, expand, find_shipped, runs_folder

    folder = find_shipped(expand(text))
    if (folder / RECORD).is_file():
        return folder.resolve().name, load_checkpoint(folder)
    is_run = folder.is_dir() and folder.resolve().parent == runs_folder().resolve()
    if any_runs() and (is_run or not folder.exists()):
        from ballgen.runs.folder import RunFolder
        from ballgen.runs.registry import FINISHED, Registry

        registry = Registry()
        known = [run.id for run in registry.all()] + [run.name for run in registry.all()]
        wanted = folder.resolve().name if is_run else text
        if is_run or any(one.startswith(text) for one in known):
            found = registry.find(wanted)
            if found.state != FINISHED:
                raise InputError(
                    f"run {found.id} is {found.state} and has no checkpoint yet: wait for its end, "
                    f"or resume it with `python -m ballgen runs resume {found.id}`"
                )
            return found.name, load_checkpoint(RunFolder(registry.folder, found).checkpoint)
    return folder.name, load_checkpoint(folder)


def choose_test_images(args: argparse.Namespace, models: list[tuple[str, Checkpoint]]) -> ImageSet:
    """Those of --data, or else those that all models were scored on. Raises `InputError`."""
    from ballgen.data.sources import load_images

    (name, first), *others = models
    for other, checkpoint in others:
        if checkpoint.model.image_shape != first.model.image_shape:
            raise InputError(
                f"{name} makes images of shape {first.model.image_shape} (channels, height, width) "
                f"and {other} of {checkpoint.model.image_shape}: report on models of the same size"
            )
    if args.data:
        return arguments.load_test_images(args, first.model)
    data = first.record["data"]
    for other, checkpoint in others:
        if checkpoint.record["data"]["test_digest"] != data["test_digest"]:
            raise InputError(
                f"{name} and {other} were scored on different test images, of {data['source']} and "
                f"{checkpoint.record['data']['source']}: name the images to show with --data"
            )
    channels, size, _ = first.model.image_shape
    limit = args.limit or data["test_images"]
    seed = first.record["seed"]
    try:
        return load_images(data["source"], "test", size, channels, limit, seed, args.data_root)
    except InputError as error:
        raise InputError(f"{error}; or name other test images with --data") from error
