"""The command line: `ballgen data|sample|...`, or `python -m ballgen`; `--help` lists all."""

from __future__ import annotations

import argparse
import runpy
import sys
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from ballgen.cli import COMMANDS
from ballgen.cli.arguments import Parser, run_command
from ballgen.util.paths import PROJECT


def main() -> int:
    """Run the command that was asked for; gives the exit status. Raises `InputError`."""
    command, arguments = sys.argv[1:2], sys.argv[2:]
    if command == ["dashboard"]:  # `streamlit run app.py`, with the same flags
        from streamlit.web.cli import main as streamlit  # imported late: it takes a second

        return streamlit(["run", str(PROJECT / "app.py"), *arguments], "streamlit") or 0
    if command == ["train"]:  # `python train_all.py`, with the same flags
        sys.argv = ["ballgen train", *arguments]  # what train_all.py calls itself
        return runpy.run_path(str(PROJECT / "train_all.py"))["main"]()
    args = parse_arguments(sys.argv[1:])
    return args.execute(args) or 0


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """The command line, with the command's `run` as `execute`. A mistake is one line, status 2."""
    program = "ballgen" if Path(sys.argv[0]).stem == "ballgen" else "python -m ballgen"
    parser = Parser(prog=program, description="Train, look, sample, score, explain, export.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, summary in COMMANDS.items():
        subparser = commands.add_parser(name, help=summary)
        if [name] == arguments[:1]:  # the others are slow to import, and not needed
            module = import_module(f"ballgen.cli.{name.replace('-', '_')}")
            module.add_arguments(subparser)
            subparser.set_defaults(execute=module.run)
    return parser.parse_args(arguments)


def run_ballgen() -> NoReturn:
    """What the installed command `ballgen` calls."""
    run_command(main)


if __name__ == "__main__":
    run_ballgen()
