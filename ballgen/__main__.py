"""The command line: `python -m ballgen data|sample|...`; `python -m ballgen --help` lists all."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

from ballgen.cli import COMMANDS
from ballgen.cli.arguments import Parser
from ballgen.cli.errors import run_command


def main() -> int:
    """Run the command that was asked for; gives the exit status."""
    args = parse_arguments(sys.argv[1:])
    return args.execute(args) or 0


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """The command line, with the command's `run` as `execute`. A mistake is one line, status 2."""
    parser = Parser(prog="python -m ballgen", description="Sample, score, explain, export.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        subparser = commands.add_parser(name, help=command.summary)
        if name == next(iter(arguments), None):
            module = import_module(command.module)  # the others are slow to import, and not needed
            module.add_arguments(subparser)
            subparser.set_defaults(execute=module.run)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    run_command(main)
