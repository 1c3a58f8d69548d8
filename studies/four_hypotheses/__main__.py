"""`python -m studies.four_hypotheses [--plan | --report] [--only GUESS] [--seeds N]`"""

from __future__ import annotations

import argparse
import sys

from ballgen.cli.arguments import Parser, positive
from ballgen.cli.errors import BAD_INPUT, run_command
from studies.four_hypotheses.design import GUESSES, STUDY, Design, Trial

SEEDS = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--plan", action="store_true", help="only say what is missing")
    action.add_argument("--report", action="store_true", help="only print the findings as Markdown")
    parser.add_argument("--only", choices=list(GUESSES), help="one of the four guesses")
    parser.add_argument(
        "--seeds", type=positive, default=SEEDS, metavar="N", help="runs of each setting"
    )
    parser.add_argument("--limit-runs", type=positive, metavar="N", help="end after N runs")
    parser.add_argument("--keep", action="store_true", help="keep each run and its checkpoint")


def main() -> int:
    """Make the missing runs, or only say what there is."""
    parser = Parser(prog="python -m studies.four_hypotheses")
    add_arguments(parser)
    args = parser.parse_args()
    from studies.four_hypotheses.report import report
    from studies.four_hypotheses.table import read_table, rows_of, table_path

    table = table_path()
    rows = rows_of(STUDY, read_table(table))
    if args.report:
        print(report(rows, STUDY))
        return 0
    from studies.four_hypotheses.plan import missing

    trials = STUDY.trials(args.seeds, args.only)
    to_make = missing(trials, rows)
    if args.plan:
        print(f"{len(trials)} runs, of which {len(trials) - len(to_make)} have their row.")
        print(*to_make, sep="\n")
        return 0
    return make(STUDY, to_make[: args.limit_runs], args.keep)


def make(design: Design, trials: list[Trial], keep: bool = False) -> int:
    """Make these runs one after the other; the exit status tells whether one failed."""
    from tqdm import tqdm

    from ballgen.runs.registry import Registry
    from studies.four_hypotheses.conduct import Ended, Failed, alone, conduct
    from studies.four_hypotheses.table import table_path

    registry, failed = Registry(), 0
    with alone(registry), tqdm(trials, "study", unit="run", dynamic_ncols=True) as bar:

        def tell(run, progress) -> None:
            epoch = f", epoch {progress.epoch} of {progress.epochs}" if progress.epochs else ""
            where = f"{run.id} {run.state} {progress.stage}{epoch}".rstrip()
            if where != bar.postfix:
                bar.set_postfix_str(where)

        for trial in bar:
            try:
                row = conduct(registry, table_path(), design, trial, keep, tell)
            except Failed as error:
                failed += 1
                bar.write(f"ballgen: {error}", file=sys.stderr)
            except Ended as why:
                bar.write(f"{why}: the study ends here; the same command goes on.")
                break
            else:
                figures = row.figures
                bar.write(
                    f"{trial}: KID × 1000 {1000 * figures['kid_normal']:.0f} from N(0, I), "
                    f"{1000 * figures['kid_flow']:.1f} fitted, "
                    f"{1000 * figures['kid_reconstructions']:.1f} rebuilt"
                )
    return BAD_INPUT if failed else 0


if __name__ == "__main__":
    run_command(main)
