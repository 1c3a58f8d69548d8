"""python -m ballgen sample | reconstruct | evaluate | diagnose | export: with one checkpoint."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ballgen.cli.arguments import add_source_arguments, positive, seed, temperature


def add_parsers(commands) -> None:
    for add in (_add_sample, _add_reconstruct, _add_evaluate, _add_diagnose, _add_export):
        add(commands)


def _add_sample(commands) -> None:
    sample = _with_checkpoint(commands, "sample", "new pictures from a prior")
    sample.add_argument("--count", type=positive, required=True, metavar="N", help="pictures")
    _add_prior(sample)
    _add_seed(sample)
    sample.add_argument(
        "--temperature", type=temperature, default=1.0, metavar="T", help="spread of the codes"
    )
    _add_picture_out(sample)
    sample.set_defaults(command=sample_images)


def sample_images(args: argparse.Namespace) -> None:
    from ballgen.checkpoint.folder import load_model
    from ballgen.data.sheets import check_out, write_images

    check_out(args.out)
    model = load_model(args.checkpoint)
    images = model.sample(args.count, args.seed, args.prior, args.temperature)
    write_images(images, args.out)


def _add_reconstruct(commands) -> None:
    reconstruct = _with_checkpoint(commands, "reconstruct", "test pictures, rebuilt")
    add_source_arguments(reconstruct, required=True)
    _add_seed(reconstruct)
    _add_picture_out(reconstruct)
    reconstruct.set_defaults(command=reconstruct_images)


def reconstruct_images(args: argparse.Namespace) -> None:
    from ballgen.checkpoint.folder import load_model
    from ballgen.data.sheets import check_out, write_images

    check_out(args.out)
    model = load_model(args.checkpoint)
    write_images(model.reconstruct(_test_pictures(args, model).images()), args.out)


def _add_evaluate(commands) -> None:
    evaluate = _with_checkpoint(commands, "evaluate", "named figures on test pictures")
    add_source_arguments(evaluate, required=True)
    _add_prior(evaluate)
    _add_seed(evaluate)
    evaluate.add_argument("--json", type=Path, required=True, metavar="FILE", help="file to write")
    evaluate.set_defaults(command=evaluate_model)


def evaluate_model(args: argparse.Namespace) -> None:
    from ballgen.checkpoint.folder import json_bytes, load_model
    from ballgen.scores.evaluate import evaluate
    from ballgen.util.files import check_file, write_file

    check_file(args.json)
    model = load_model(args.checkpoint)
    scores = evaluate(model, _test_pictures(args, model), prior=args.prior, seed=args.seed)
    write_file(args.json, json_bytes(scores))
    _print_figures(scores)


def _add_diagnose(commands) -> None:
    diagnose = _with_checkpoint(commands, "diagnose", "why its random samples fail, or do not")
    add_source_arguments(diagnose, required=True)
    _add_seed(diagnose)
    diagnose.add_argument("--json", type=Path, metavar="FILE", help="also write the result here")
    diagnose.set_defaults(command=diagnose_model)


def diagnose_model(args: argparse.Namespace) -> None:
    from ballgen.checkpoint.folder import json_bytes, load_checkpoint
    from ballgen.latent.explain import explain
    from ballgen.util.files import check_file, write_file

    if args.json:
        check_file(args.json)
    checkpoint = load_checkpoint(args.checkpoint)
    figures = explain(checkpoint, _test_pictures(args, checkpoint.model), args.seed)
    if args.json:
        write_file(args.json, json_bytes(figures))
    _print_figures(figures)


def _add_export(commands) -> None:
    export = _with_checkpoint(commands, "export", "a model for other programs")
    export.add_argument(
        "--format", choices=("onnx", "safetensors"), required=True, help="file format"
    )
    export.add_argument("--out", type=Path, required=True, metavar="FILE", help="file to write")
    export.set_defaults(command=export_model)


def export_model(args: argparse.Namespace) -> None:
    from ballgen.checkpoint.export import export
    from ballgen.checkpoint.folder import load_model
    from ballgen.util.files import check_file

    check_file(args.out)
    export(load_model(args.checkpoint), args.format, args.out)


def _with_checkpoint(commands, name: str, what: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=what)
    parser.add_argument("checkpoint", metavar="CHECKPOINT", help="folder, e.g. checkpoints/vae")
    return parser


def _add_seed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=seed, default=0, metavar="K", help="of all randomness")


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


def _print_figures(figures: dict[str, Any]) -> None:
    for name, value in figures.items():
        print(f"{name:24} {value:.5g}" if isinstance(value, float) else f"{name:24} {value}")


def _test_pictures(args: argparse.Namespace, model):
    from ballgen.data.sources import load_images

    channels, size, _ = model.image_shape
    return load_images(args.data, "test", size, channels, args.limit, args.seed, args.data_root)
