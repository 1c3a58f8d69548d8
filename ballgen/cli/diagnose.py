"""python -m ballgen diagnose: why random samples of a checkpoint fail, or do not."""

import argparse

from ballgen.cli import arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `diagnose` takes."""
    arguments.add_shared(parser, "checkpoint", "--data", "--seed", "--json")


def run(args: argparse.Namespace) -> None:
    """Measure and print what the page Why samples fail shows. Raises `InputError`."""
    from ballgen.checkpoint.folder import json_bytes, load_checkpoint
    from ballgen.latent.explain import explain
    from ballgen.scores.verdicts import caveats
    from ballgen.scores.why import causes
    from ballgen.util.files import check_file, write_file

    if args.json:
        check_file(args.json)
    checkpoint = load_checkpoint(args.checkpoint)
    scores = explain(checkpoint, arguments.load_test_images(args, checkpoint.model), args.seed)
    if args.json:
        write_file(args.json, json_bytes(scores))
    arguments.print_scores(scores)
    figures, family = checkpoint.figures | scores, checkpoint.model.family
    for verdict in (*caveats(figures, family), *causes(figures, family)):
        print(f"\n{verdict.question}\n  {verdict}")
