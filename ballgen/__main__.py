"""The command line: `ballgen data|sample|...`, or `python -m ballgen`; `--help` lists all."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from ballgen.cli import COMMANDS, PASS_ON
from ballgen.cli.arguments import Parser, run_command


def main() -> int:
    """Run the command that was asked for; gives the exit status. Raises `InputError`."""
    if sys.argv[1:] and sys.argv[1] in PASS_ON:
        return _module(sys.argv[1]).run(sys.argv[2:]) or 0
    args = parse_arguments(sys.argv[1:])
    return args.execute(args) or 0


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """The command line, with the command's `run` as `execute`. A mistake is one line, status 2."""
    program = "ballgen" if Path(sys.argv[0]).stem == "ballgen" else "python -m ballgen"
    parser = Parser(prog=program, description="Train, look, sample, score, explain, export.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, summary in COMMANDS.items():
        subparser = commands.add_parser(name, help=summary)
        if [name] == arguments[:1]:
            module = _module(name)  # the others are slow to import, and not needed
            module.add_arguments(subparser)
            subparser.set_defaults(execute=module.run)
    return parser.parse_args(arguments)


def _module(command: str) -> ModuleType:
    return import_module(f"ballgen.cli.{command.replace('-', '_')}")


def run_ballgen() -> NoReturn:
    """What the installed command `ballgen` calls."""
    run_command(main)


if __name__ == "__main__":
    run_ballgen()
