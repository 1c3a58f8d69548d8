"""python -m ballgen evaluate: scores of a checkpoint on test images."""

import argparse

from ballgen.cli import arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `evaluate` takes."""
    arguments.add_shared(parser, "checkpoint", "--data", "--prior", "--features", "--seed")
    arguments.add_shared(parser, "--json", required=True, help="file to write")


def run(args: argparse.Namespace) -> None:
    """Measure, write and print the scores. Raises `InputError`."""
    from ballgen.checkpoint.folder import json_bytes, load_model
    from ballgen.scores.evaluate import evaluate
    from ballgen.util.files import check_file, write_file

    check_file(args.json)
    model = load_model(args.checkpoint)
    images = arguments.load_test_images(args, model)
    scores = evaluate(model, images, args.prior, args.seed, args.features)
    write_file(args.json, json_bytes(scores))
    arguments.print_scores(scores)
