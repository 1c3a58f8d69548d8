"""python -m ballgen data make: drawn balls as a folder that `load_images` reads."""

from __future__ import annotations

import argparse
from pathlib import Path

from ballgen.cli.arguments import positive, seed
from ballgen.data.sportballs.factors import BACKGROUNDS, CLASS_NAMES, REPORT_CLASSES, ROTATIONS


def add_arguments(data: argparse.ArgumentParser) -> None:
    make = data.add_subparsers(required=True, metavar="make").add_parser(
        "make", help="draw sports balls into a folder, with labels and factors"
    )
    make.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder")
    make.add_argument(
        "--count", type=positive, required=True, metavar="N", help="training pictures"
    )
    make.add_argument(
        "--test-count", type=positive, metavar="N", help="test pictures; none if left out"
    )
    make.add_argument("--image-size", type=int, default=32, metavar="S", help="side in px")
    make.add_argument(
        "--seed", type=seed, default=0, metavar="K", help="another one draws other pictures"
    )
    make.add_argument(
        "--classes",
        default=",".join(REPORT_CLASSES),
        metavar="NAMES",
        help=f"all, or some of {', '.join(CLASS_NAMES)}",
    )
    make.add_argument("--background", default="white", help=" or ".join(BACKGROUNDS))
    make.add_argument("--rotation", default="plane", help=" or ".join(ROTATIONS))
    make.add_argument(
        "--balls", type=positive, default=1, metavar="N", help="balls in each picture"
    )
    make.set_defaults(command=make_data)


def make_data(args: argparse.Namespace) -> None:
    from ballgen.data.sportballs.factors import BallSettings
    from ballgen.data.sportballs.sets import make_balls
    from ballgen.data.writer import write_folder

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
