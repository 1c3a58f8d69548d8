"""python -m ballgen check-scores: do the scores put images of a known order in that order?"""

import argparse

from ballgen.cli import arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `check-scores` takes."""
    arguments.add_shared(parser, "--data", "--seed")
    parser.add_argument("--image-size", type=arguments.positive, metavar="S", help="side in px")
    parser.add_argument(
        "--spaces",
        default="balls,random,imagenet",
        metavar="NAMES",
        help="comma-separated feature spaces: balls, random, imagenet, inception",
    )
    parser.add_argument(
        "--no-model",
        action="store_true",
        help="leave out samples of a small autoencoder, which takes two minutes to train",
    )
    arguments.add_shared(parser, "--json")


def run(args: argparse.Namespace) -> None:
    """Measure, write and print Kendall's τ of each score on each ladder. Raises `InputError`."""
    from ballgen.checkpoint.folder import json_bytes
    from ballgen.data.sources import load_images
    from ballgen.sample_ladders import sample_ladders
    from ballgen.scores.features import default_features
    from ballgen.scores.ladders import PASSED, check_count, check_scores, order_ladders
    from ballgen.util.files import check_file, write_file
    from ballgen.util.wording import text_table

    if args.json:
        check_file(args.json)
    train, test = (
        load_images(args.data, split, args.image_size, None, args.limit, args.seed, args.data_root)
        for split in ("train", "test")
    )
    spaces = [name.strip() for name in args.spaces.split(",")]
    if not args.no_model:
        check_count(test)  # before the minutes that the damage takes
    found = check_scores(train, spaces, args.seed)
    if not args.no_model:
        found |= order_ladders(*sample_ladders(train, test, args.seed), spaces)
    scores = list(next(iter(found.values()))[spaces[0]])
    columns = [(space, score) for score in scores for space in spaces]
    rows = [["ladder", *(f"{score}, {space}" for space, score in columns)]]
    for ladder, taus in found.items():
        rows.append([ladder, *(f"{taus[space][score]:.2f}" for space, score in columns)])
    lowest = [min(taus[space][score] for taus in found.values()) for space, score in columns]
    rows.append(["min", *(f"{tau:.2f}" for tau in lowest)])
    passed = [
        f"{score} of {space}"
        for (space, score), tau in zip(columns, lowest, strict=True)
        if tau >= PASSED
    ]
    print(text_table(rows))
    print(f"\nin order (at least {PASSED}): {', '.join(passed) or 'none'}")
    print(f"features by default for these images: {default_features(train)}")
    if args.json:
        write_file(args.json, json_bytes(found))
