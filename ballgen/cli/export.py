"""python -m ballgen export: a model for other programs, or as a page that needs none."""

import argparse
from pathlib import Path

from ballgen.cli import arguments
from ballgen.errors import InputError

HTML = "html"
ONLY_HTML = ("data", "data_root", "limit", "seed")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `export` takes."""
    arguments.add_shared(parser, "checkpoint")
    parser.add_argument(
        "--format",
        choices=("onnx", "safetensors", HTML),
        required=True,
        help="file format; html is one page that opens offline, in which the decoder runs",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="file to write")
    arguments.add_shared(
        parser,
        "--data",
        required=False,
        help="test images to show in the page, as for the other commands; by default those of the "
        "checkpoint",
    )
    arguments.add_shared(parser, "--seed", default=None, help="of the page's samples; by default 0")


def run(args: argparse.Namespace) -> None:
    """Write the file. Raises `InputError`."""
    from ballgen.checkpoint.export import export
    from ballgen.checkpoint.folder import load_model
    from ballgen.util.files import check_file

    check_file(args.out)
    if args.format == HTML:
        _write_page(args)
        return
    for name in ONLY_HTML:
        if getattr(args, name) is not None:
            option = f"--{name.replace('_', '-')}"
            raise InputError(f"{option} belongs to --format html: leave it out")
    export(load_model(args.checkpoint), args.format, args.out)


def _write_page(args: argparse.Namespace) -> None:
    from ballgen.checkpoint.folder import load_checkpoint
    from ballgen.cli.report import choose_test_images
    from ballgen.util.files import write_file
    from ballgen.webpage.making import make_page

    args.seed = args.seed or 0
    checkpoint = load_checkpoint(args.checkpoint)
    name = checkpoint.folder.resolve().name
    images = choose_test_images(args, [(name, checkpoint)])
    with arguments.progress_bar() as show:
        write_file(args.out, make_page(name, checkpoint, images, args.seed, show))
    print(f"{args.out}: open it in a browser; it needs no other file and no network")
