"""python -m ballgen reconstruct: test images, encoded and decoded."""

import argparse

from ballgen.cli import arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `reconstruct` takes."""
    arguments.add_shared(parser, "checkpoint", "--data", "--seed", "--out")


def run(args: argparse.Namespace) -> None:
    """Reconstruct the test images and write them. Raises `InputError`."""
    from ballgen.checkpoint.folder import load_model
    from ballgen.data.sheets import check_out, write_images

    check_out(args.out)
    model = load_model(args.checkpoint)
    write_images(model.reconstruct(arguments.load_test_images(args, model).images()), args.out)
