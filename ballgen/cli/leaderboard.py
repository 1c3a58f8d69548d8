"""python -m ballgen leaderboard: scores of several checkpoints in one table."""

import argparse
from pathlib import Path

from ballgen.cli import arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `leaderboard` takes."""
    parser.add_argument("checkpoints", nargs="+", metavar="CHECKPOINT", help="e.g. checkpoints/*/")
    arguments.add_shared(parser, "--data", "--features")
    arguments.add_shared(parser, "--seed", help="the first of the seeds")
    parser.add_argument("--seeds", type=arguments.positive, default=3, metavar="N", help="how many")


def run(args: argparse.Namespace) -> None:
    """Score every checkpoint, and print the table as Markdown. Raises `InputError`."""
    from tqdm import tqdm

    from ballgen.checkpoint.folder import load_model
    from ballgen.scores.leaderboard import leaderboard_row, leaderboard_table

    models = {folder: load_model(folder) for folder in args.checkpoints}
    names = [Path(folder).name for folder in models]
    seeds = range(args.seed, args.seed + args.seeds)
    rows = []
    with tqdm(total=len(models) * len(seeds), unit=" evaluations") as bar:
        for folder, model in models.items():
            name = Path(folder).name
            name = name if names.count(name) == 1 else folder
            bar.set_description(name)
            images = arguments.load_test_images(args, model)
            rows.append(leaderboard_row(name, model, images, seeds, args.features, bar.update))
    print(leaderboard_table(rows))
