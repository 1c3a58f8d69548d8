"""The commands of `ballgen`, which is `python -m ballgen`.

Each command is a module with `add_arguments(parser)` and `run(args)`. It is imported only when its
command is asked for, and imports torch only in `run`: help and a mistyped flag answer at once.
A command that starts another program has `run(arguments)` alone, and passes all flags on.
"""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    """Where a command is implemented, its line in the help, and whether it passes its flags on."""

    module: str
    summary: str
    passes_on: bool = False


COMMANDS = {
    "dashboard": Command(
        "ballgen.cli.dashboard", "open it in the browser; flags as of `streamlit run`", True
    ),
    "train": Command("ballgen.cli.train", "train, score and save every family", True),
    "data": Command("ballgen.cli.data", "draw images of sports balls into a folder"),
    "sample": Command("ballgen.cli.sample", "new images from a prior"),
    "reconstruct": Command("ballgen.cli.reconstruct", "test images, encoded and decoded"),
    "evaluate": Command("ballgen.cli.evaluate", "scores of a checkpoint on test images"),
    "diagnose": Command("ballgen.cli.diagnose", "why random samples of a checkpoint fail"),
    "export": Command("ballgen.cli.export", "a model for other programs"),
    "leaderboard": Command("ballgen.cli.leaderboard", "scores of several checkpoints in one table"),
    "check-scores": Command(
        "ballgen.cli.check_scores", "do scores put images of a known order in that order?"
    ),
    "runs": Command("ballgen.cli.runs", "list, stop and resume the dashboard's training runs"),
}
