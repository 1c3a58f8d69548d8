"""The command line: `python -m ballgen data|sample|...`; `python -m ballgen --help` lists all."""

from __future__ import annotations

import argparse
from pathlib import Path

from ballgen.cli import Parser, add_source_arguments, positive, run_command, temperature


def main() -> int:
    """Run the command that was asked for; gives the exit status."""
    args = parse_arguments()
    return args.command(args) or 0


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line. A mistake ends with one line and status 2."""
    parser = Parser(prog="python -m ballgen", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_data(commands)
    _add_sample(commands)
    _add_reconstruct(commands)
    _add_evaluate(commands)
    _add_scores(commands)
    _add_diagnose(commands)
    _add_export(commands)
    _add_runs(commands)
    _add_study(commands)
    return parser.parse_args(arguments)


def _add_data(commands) -> None:
    from ballgen.images.drawing.factors import BACKGROUNDS, CLASS_NAMES, REPORT_CLASSES, ROTATIONS

    data = commands.add_parser("data", help="make pictures")
    make = data.add_subparsers(required=True, metavar="make").add_parser(
        "make", help="draw sports balls into a folder, with labels and factors"
    )
    make.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder")
    make.add_argument("--count", type=positive, required=True, metavar="N", help="to train with")
    make.add_argument("--test-count", type=positive, metavar="N", help="to test with, if any")
    make.add_argument("--image-size", type=int, default=32, metavar="S", help="side in px")
    make.add_argument("--seed", type=int, default=0, metavar="K", help="other pictures")
    make.add_argument(
        "--classes",
        default=",".join(REPORT_CLASSES),
        metavar="NAMES",
        help=f"all, or some of {', '.join(CLASS_NAMES)}",
    )
    make.add_argument("--background", default="white", help=" or ".join(BACKGROUNDS))
    make.add_argument("--rotation", default="plane", help=" or ".join(ROTATIONS))
    make.add_argument("--balls", type=positive, default=1, metavar="N", help="in each picture")
    make.set_defaults(command=make_data)


def make_data(args: argparse.Namespace) -> None:
    from ballgen.images.balls import CLASS_NAMES, BallSettings, make_balls
    from ballgen.images.writer import write_folder

    classes = CLASS_NAMES if args.classes == "all" else tuple(args.classes.split(","))
    settings = BallSettings(args.image_size, classes, args.background, args.rotation, args.balls)
    counts = {"train": args.count, "test": args.test_count}
    write_folder(
        {
            split: make_balls(count, split, args.seed, settings)
            for split, count in counts.items()
            if count
        },
        args.out,
    )


def _add_sample(commands) -> None:
    sample = _with_checkpoint(commands, "sample", "new pictures from a prior")
    sample.add_argument("--count", type=positive, required=True, metavar="N", help="pictures")
    _add_prior(sample)
    sample.add_argument(
        "--temperature", type=temperature, default=1.0, metavar="T", help="spread of the codes"
    )
    _add_picture_out(sample)
    sample.set_defaults(command=sample_images)


def sample_images(args: argparse.Namespace) -> None:
    from ballgen.checkpoints import load_model
    from ballgen.images.sheets import write_images

    model = load_model(args.checkpoint)
    images = model.sample(args.count, args.seed, args.prior, args.temperature)
    write_images(images, args.out)


def _add_reconstruct(commands) -> None:
    reconstruct = _with_checkpoint(commands, "reconstruct", "test pictures, rebuilt")
    add_source_arguments(reconstruct, required=True)
    _add_picture_out(reconstruct)
    reconstruct.set_defaults(command=reconstruct_images)


def reconstruct_images(args: argparse.Namespace) -> None:
    from ballgen.checkpoints import load_model
    from ballgen.images.sheets import write_images

    model = load_model(args.checkpoint)
    write_images(model.reconstruct(_test_pictures(args, model).images()), args.out)


def _add_evaluate(commands) -> None:
    evaluate = _with_checkpoint(commands, "evaluate", "named figures on test pictures")
    add_source_arguments(evaluate, required=True)
    _add_prior(evaluate)
    evaluate.add_argument("--json", type=Path, required=True, metavar="FILE", help="result")
    evaluate.set_defaults(command=evaluate_model)


def evaluate_model(args: argparse.Namespace) -> None:
    from ballgen.checkpoints import json_bytes, load_model
    from ballgen.saving import write_file
    from ballgen.scores.report import evaluate

    model = load_model(args.checkpoint)
    scores = evaluate(model, _test_pictures(args, model), prior=args.prior, seed=args.seed)
    write_file(args.json, json_bytes(scores))
    for name, value in scores.items():
        print(f"{name:24} {value:.5g}" if isinstance(value, float) else f"{name:24} {value}")


def _add_scores(commands) -> None:
    from ballgen.scores.commands import add_arguments

    add_arguments(commands.add_parser("scores", help="several checkpoints in one table"))


def _add_diagnose(commands) -> None:
    diagnose = _with_checkpoint(commands, "diagnose", "why its random samples fail, or do not")
    add_source_arguments(diagnose, required=True)
    diagnose.add_argument("--json", type=Path, metavar="FILE", help="also write the result here")
    diagnose.set_defaults(command=diagnose_model)


def diagnose_model(args: argparse.Namespace) -> None:
    from ballgen.checkpoints import json_bytes, load_checkpoint
    from ballgen.explanation import explain
    from ballgen.saving import write_file

    checkpoint = load_checkpoint(args.checkpoint)
    figures = explain(checkpoint, _test_pictures(args, checkpoint.model), args.seed)
    if args.json:
        write_file(args.json, json_bytes(figures))
    for name, value in figures.items():
        print(f"{name:24} {value:.5g}" if isinstance(value, float) else f"{name:24} {value}")


def _add_export(commands) -> None:
    export = _with_checkpoint(commands, "export", "a model for other programs")
    export.add_argument("--format", choices=("onnx", "safetensors"), required=True, help="which")
    export.add_argument("--out", type=Path, required=True, metavar="FILE", help="result")
    export.set_defaults(command=export_model)


def export_model(args: argparse.Namespace) -> None:
    from ballgen.checkpoints import load_model
    from ballgen.export import export

    export(load_model(args.checkpoint), args.format, args.out)


def _add_runs(commands) -> None:
    from ballgen.runs.commands import export_run, list_runs, resume_run, show_run, stop_run

    runs = commands.add_parser("runs", help="trainings that the dashboard started")
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


def _add_study(commands) -> None:
    from ballgen.study.commands import add_arguments

    add_arguments(commands.add_parser("study", help="the reports' four guesses, tested"))


def _with_checkpoint(commands, name: str, what: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=what)
    parser.add_argument("checkpoint", metavar="CHECKPOINT", help="folder, e.g. checkpoints/vae")
    parser.add_argument("--seed", type=int, default=0, metavar="K", help="of all randomness")
    return parser


def _add_prior(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--prior",
        metavar="P",
        help="normal, gaussian, class-gaussian, mixture or flow; by default the recipe's",
    )


def _add_picture_out(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out",
        required=True,
        metavar="FILE.png|FILE.npz|DIR",
        help="a contact sheet, an array, or one file each",
    )


def _test_pictures(args: argparse.Namespace, model):
    from ballgen.images.sources import load_images

    channels, size, _ = model.image_shape
    return load_images(args.data, "test", size, channels, args.limit, args.seed, args.data_root)


if __name__ == "__main__":
    run_command(main)
