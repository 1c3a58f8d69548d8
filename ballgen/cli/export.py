"""python -m ballgen export: a model for other programs."""

from __future__ import annotations

import argparse
from pathlib import Path

from ballgen.cli import arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `export` takes."""
    arguments.add_shared(parser, "checkpoint")
    parser.add_argument(
        "--format", choices=("onnx", "safetensors"), required=True, help="file format"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="file to write")


def run(args: argparse.Namespace) -> None:
    """Write the file. Raises `InputError`."""
    from ballgen.checkpoint.export import export
    from ballgen.checkpoint.folder import load_model
    from ballgen.util.files import check_file

    check_file(args.out)
    export(load_model(args.checkpoint), args.format, args.out)
