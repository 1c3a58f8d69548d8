"""python -m ballgen data make: drawn balls as a folder that `load_images` reads."""

import argparse
from pathlib import Path

from ballgen.cli.arguments import add_shared, positive
from ballgen.data.sportballs.textures import SKINS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `data make` takes."""
    make = parser.add_subparsers(required=True, metavar="make").add_parser(
        "make", help="draw sports balls into a folder, with labels and factors"
    )
    make.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder")
    make.add_argument("--count", type=positive, required=True, metavar="N", help="training images")
    make.add_argument(
        "--test-count", type=positive, metavar="N", help="test images; none if left out"
    )
    make.add_argument("--image-size", type=int, default=32, metavar="S", help="side in px")
    add_shared(make, "--seed", help="another one draws other images")
    make.add_argument(
        "--classes",
        metavar="NAMES",
        help=f"all, or some of {', '.join(SKINS)}; by default the reports' four",
    )
    make.add_argument("--background", default="white", help="white, colour or texture")
    make.add_argument("--rotation", default="plane", help="plane or full")
    make.add_argument("--style", default="lit", help="lit, or flat: icons without light")
    make.add_argument("--balls", type=positive, default=1, metavar="N", help="balls in each image")


def run(args: argparse.Namespace) -> None:
    """Draw the images and write the folder. Raises `InputError`."""
    from ballgen.data.sportballs.factors import CLASS_NAMES, REPORT_CLASSES, BallSettings
    from ballgen.data.sportballs.sets import make_balls
    from ballgen.data.writer import write_folder
    from ballgen.util.files import check_empty

    check_empty(args.out)
    classes = tuple(args.classes.split(",")) if args.classes else REPORT_CLASSES
    settings = BallSettings(
        args.image_size,
        CLASS_NAMES if args.classes == "all" else classes,
        args.background,
        args.rotation,
        args.balls,
        args.style,
    )
    counts = {"train": args.count, "test": args.test_count}
    write_folder(
        {
            split: make_balls(count, split, args.seed, settings)
            for split, count in counts.items()
            if count
        },
        args.out,
    )
