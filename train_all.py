"""Train, score and save every family, and lay them side by side.

python train_all.py
python train_all.py --data my_photos/ --minutes 2
python train_all.py --recipes lab4-ae,lab4-vae --data mnist --epochs 15
"""

import shlex
import sys
from argparse import Namespace
from pathlib import Path

from ballgen.cli.arguments import (
    INTERRUPTED,
    Parser,
    add_shared,
    parse_changes,
    positive,
    positive_minutes,
    run_command,
)
from ballgen.errors import InputError
from ballgen.util.paths import expand, trained_folder
from ballgen.util.stopping import StopListener

COMMAND = "ballgen train"  # sys.argv[0] where that was typed


def main() -> int:
    """Run every experiment that the command line asks for; gives the exit status."""
    args = parse_arguments()
    # Imported late, so that --help and a mistyped flag answer at once.
    from ballgen.training.distributed import get_accelerator

    leads = get_accelerator().is_main_process
    with StopListener(lambda: say_how_to_go_on(leads)) as stop:
        train(args, leads, stop)
    return 0


def train(args: Namespace, leads: bool, stop: StopListener) -> None:
    """Run the experiments one after the other, and lay them side by side in the process that leads.

    Raises `InputError`.
    """
    from ballgen.checkpoint.folder import check_name, is_taken
    from ballgen.estimate import expected_seconds
    from ballgen.experiment import Experiment, check_free, load_data
    from ballgen.recipes import get_recipe
    from ballgen.report.comparison import (
        FILE,
        comparison_table,
        reproduction_table,
        write_comparison,
    )
    from ballgen.training.distributed import get_accelerator
    from ballgen.training.progress import TrainingBar
    from ballgen.training.runner import Hooks
    from ballgen.util.wording import duration

    chosen = {"training.epochs": args.epochs, "training.min_steps": 0} if args.epochs else {}
    changes = parse_changes(args.set) | chosen
    out = expand(args.out) if args.out else trained_folder()
    experiments = []
    for name in args.recipes.split(","):
        recipe = get_recipe(name.strip()).changed(changes)
        if recipe.name == FILE:
            raise InputError(f"{FILE} shows all families: give the recipe another name")
        folder = out / check_name(recipe.name)
        if not (args.replace or args.resume) and is_taken(folder):
            raise InputError(
                f"{folder} is there already: --replace trains it anew, --resume goes on with what "
                "was stopped, --out DIR keeps both"
            )
        check_free(folder)  # before the images, which may take a while
        data = load_data(
            args.data, recipe, args.image_size, args.limit, args.seed, args.data_root,
            args.test_limit,
        )  # fmt: skip
        if leads and data.train.understood and not experiments:
            print(f"{data.train.name}: {'; '.join(data.train.understood)}", flush=True)
        experiment = Experiment(
            recipe, data, out, args.seed, args.minutes, args.resume, args.half, threads=args.threads
        )
        if experiment.folder in (other.folder for other in experiments):
            raise InputError(f"two recipes would both become {experiment.folder}: name one")
        experiment.check()  # all of them before the first trains for many minutes
        experiments.append(experiment)

    checkpoints = []
    for experiment in experiments:
        if get_accelerator().num_processes == 1 and not args.resume:
            expected = duration(expected_seconds(experiment))
            print(f"{experiment.recipe.name}: about {expected} to the checkpoint", flush=True)
        with TrainingBar(experiment.recipe.name, len(experiment.data.train), leads) as bar:
            checkpoint = experiment.run(
                Hooks(bar.on_step, bar.on_message, bar.on_progress, stop, stop.unsaved)
            )
        if stop():
            stop.leave()
        if checkpoint:
            checkpoints.append(checkpoint)
    if leads:
        test_sets = [experiment.data.test for experiment in experiments]
        print(comparison_table(checkpoints))
        if table := reproduction_table(checkpoints):
            print(f"\n{table}")
        print(f"\nside by side: {write_comparison(checkpoints, test_sets, out)}")


def say_how_to_go_on(leads: bool) -> int:
    """Say, in the process that leads, how a stopped command goes on; gives the exit status."""
    if leads:
        typed = COMMAND.split() if sys.argv[0] == COMMAND else ["python", sys.argv[0]]
        command = shlex.join([*typed, *sys.argv[1:]])
        resume = "" if "--resume" in sys.argv else " --resume"
        print(f"\nsaved; go on with: {command}{resume}", file=sys.stderr)
    return INTERRUPTED


def parse_arguments():
    """The command line. A mistake ends with one line and status 2."""
    parser = Parser(prog=Path(sys.argv[0]).name, description=__doc__.splitlines()[0])
    add_shared(parser, "--data", required=False, default="sportballs")
    add_shared(parser, "--test-limit")
    parser.add_argument(
        "--recipes",
        default="ae,vae,gan",
        metavar="NAMES",
        help="comma-separated: ae, vae, gan; ae-long, …, as shipped; lab4-ae, …, the report's",
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--epochs", type=positive, metavar="N", help="instead of the recipe's own")
    length.add_argument(
        "--minutes",
        type=positive_minutes,
        metavar="M",
        help="train each recipe for so long; priors and scores come on top, about a fifth and 20 s",
    )
    parser.add_argument("--image-size", type=positive, metavar="S", help="side in px")
    add_shared(parser, "--seed", help="of weights, order, noise and samples")
    parser.add_argument(
        "--threads",
        type=positive,
        metavar="N",
        help="of the processor (default: all; with --minutes one, while that is faster)",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder of checkpoints (default: trained)"
    )
    parser.add_argument(
        "--replace", action="store_true", help="train anew what is in that folder already"
    )
    parser.add_argument("--resume", action="store_true", help="go on where a run was stopped")
    parser.add_argument(
        "--half", action="store_true", help="store weights as float16, in half the bytes"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="SETTING=VALUE",
        help="change a setting of every recipe, e.g. loss.kl_weight=2; cards list them all",
    )
    return parser.parse_args()


if __name__ == "__main__":
    run_command(main)
