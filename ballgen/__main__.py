"""The command line: `python -m ballgen data|sample|...`; `python -m ballgen --help` lists all."""

from __future__ import annotations

import argparse

import ballgen.cli.data
import ballgen.cli.models
import ballgen.cli.runs
import ballgen.cli.scores
import ballgen.study.commands
from ballgen.cli.arguments import Parser, run_command


def main() -> int:
    """Run the command that was asked for; gives the exit status."""
    args = parse_arguments()
    return args.command(args) or 0


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line. A mistake ends with one line and status 2."""
    parser = Parser(prog="python -m ballgen", description="Sample, score, explain, export, study.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    ballgen.cli.models.add_parsers(commands)
    for name, what, room in (
        ("data", "make pictures", ballgen.cli.data),
        ("scores", "several checkpoints in one table", ballgen.cli.scores),
        ("runs", "trainings that the dashboard started", ballgen.cli.runs),
        ("study", "four guesses at why random samples fail, tested", ballgen.study.commands),
    ):
        room.add_arguments(commands.add_parser(name, help=what))
    return parser.parse_args(arguments)


if __name__ == "__main__":
    run_command(main)
