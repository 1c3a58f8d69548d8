"""The command line: `python -m ballgen data|sample|...`; `python -m ballgen --help` lists all."""

from __future__ import annotations

import argparse

import ballgen.commands
import ballgen.images.commands
import ballgen.runs.commands
import ballgen.scores.commands
import ballgen.study.commands
from ballgen.cli import Parser, run_command


def main() -> int:
    """Run the command that was asked for; gives the exit status."""
    args = parse_arguments()
    return args.command(args) or 0


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line. A mistake ends with one line and status 2."""
    parser = Parser(prog="python -m ballgen", description="Sample, score, explain, export, study.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    ballgen.commands.add_parsers(commands)
    for name, what, room in (
        ("data", "make pictures", ballgen.images.commands),
        ("scores", "several checkpoints in one table", ballgen.scores.commands),
        ("runs", "trainings that the dashboard started", ballgen.runs.commands),
        ("study", "four guesses at why random samples fail, tested", ballgen.study.commands),
    ):
        room.add_arguments(commands.add_parser(name, help=what))
    return parser.parse_args(arguments)


if __name__ == "__main__":
    run_command(main)
