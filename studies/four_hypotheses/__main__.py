"""`python -m studies.four_hypotheses`: print the report, or run one setting again."""

from __future__ import annotations

import argparse
from dataclasses import fields

from ballgen.cli.arguments import Parser, run_command
from studies.four_hypotheses.design import Setting
from studies.four_hypotheses.findings import GAINS, LEARNED, gains_csv, read_table, runs_of
from studies.four_hypotheses.report import report


def sigma(text: str) -> float | None:
    """A number, or "learned"."""
    return None if text == LEARNED else float(text)


def main() -> None:
    """Print what the command line asks for."""
    parser = Parser(prog="python -m studies.four_hypotheses", description="Print the report.")
    commands = parser.add_subparsers(metavar="COMMAND", dest="command")
    commands.add_parser("gains", help="write gains.csv, which the dashboard draws")
    again = commands.add_parser("run", help="train and measure one setting again")
    again.add_argument("family", choices=("ae", "vae"))
    for field in fields(Setting)[1:]:
        kind = sigma if field.name == "sigma" else int
        again.add_argument(
            f"--{field.name.replace('_', '-')}", type=kind, default=field.default, metavar="N"
        )
    again.add_argument("--seed", type=int, default=0, metavar="N")
    args = parser.parse_args()
    if args.command == "gains":
        GAINS.write_text(gains_csv(read_table()), encoding="utf-8")
    else:
        print(run_again(args) if args.command == "run" else report(read_table()))


def run_again(args: argparse.Namespace) -> str:
    """The figures of a setting now, beside those of the table if it has the run."""
    from studies.four_hypotheses.run import run

    setting = Setting(**{field.name: getattr(args, field.name) for field in fields(Setting)})
    rows = runs_of(read_table(), setting)
    known = rows[rows["seed"] == args.seed].to_dict("records")
    lines = [f"{'':20} {'now':>12} {'study.csv' if known else '':>12}"]
    for name, value in run(setting, args.seed).items():
        then = f"{known[0][name]:.6g}" if known else ""
        lines.append(f"{name:20} {value:12.6g} {then:>12}")
    return "\n".join(lines)


if __name__ == "__main__":
    run_command(main)
