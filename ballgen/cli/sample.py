"""python -m ballgen sample: new images from a prior."""

import argparse

from ballgen.cli.arguments import add_shared, positive, temperature


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `sample` takes."""
    add_shared(parser, "checkpoint", "--prior", "--seed", "--out")
    parser.add_argument("--count", type=positive, required=True, metavar="N", help="images")
    parser.add_argument(
        "--temperature", type=temperature, default=1.0, metavar="T", help="spread of the codes"
    )


def run(args: argparse.Namespace) -> None:
    """Sample and write the images. Raises `InputError`."""
    from ballgen.checkpoint.folder import load_model
    from ballgen.data.sheets import check_out, write_images

    check_out(args.out)
    model = load_model(args.checkpoint)
    images = model.sample(args.count, args.seed, args.prior, args.temperature)
    write_images(images, args.out)
