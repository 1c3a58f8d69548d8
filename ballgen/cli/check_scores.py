"""python -m ballgen check-scores: do the scores put images of a known order in that order?"""

from __future__ import annotations

import argparse
from pathlib import Path

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
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the result here")


def run(args: argparse.Namespace) -> None:
    """Measure, write and print Kendall's τ of each score on each ladder. Raises `InputError`."""
    from ballgen.checkpoint.folder import json_bytes
    from ballgen.data.sources import load_images
    from ballgen.scores.features import default_features
    from ballgen.scores.ladders import PASSED, check_scores
    from ballgen.util.files import check_file, write_file
    from ballgen.util.markdown import text_table

    if args.json:
        check_file(args.json)
    reference, images = (
        load_images(args.data, split, args.image_size, None, args.limit, args.seed, args.data_root)
        for split in ("train", "test")
    )
    spaces = [name.strip() for name in args.spaces.split(",")]
    found = check_scores(reference, images, spaces, args.seed)
    scores = list(next(iter(found.values()))[spaces[0]])
    columns = [(space, score) for score in scores for space in spaces]
    rows = [["ladder", *(f"{score}, {space}" for space, score in columns)]]
    for ladder, taus in found.items():
        rows.append([ladder, *(f"{taus[space][score]:.2f}" for space, score in columns)])
    least = [min(taus[space][score] for taus in found.values()) for space, score in columns]
    rows.append(["least", *(f"{tau:.2f}" for tau in least)])
    passed = [
        f"{score} of {space}"
        for (space, score), tau in zip(columns, least, strict=True)
        if tau >= PASSED
    ]
    print(text_table(rows))
    print(f"\nin order (at least {PASSED}): {', '.join(passed) or 'none'}")
    print(f"features by default for these images: {default_features(images)}")
    if args.json:
        write_file(args.json, json_bytes(found))
