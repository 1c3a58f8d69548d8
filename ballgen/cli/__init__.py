"""The commands of `python -m ballgen`.

Each command is a module with `add_arguments(parser)` and `run(args)`. It is imported only when its
command is asked for, and imports torch only in `run`: help and a mistyped flag answer at once.
"""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    """Where a command is implemented, and its line in the help."""

    module: str
    summary: str


COMMANDS = {
    "data": Command("ballgen.cli.data", "draw images of sports balls into a folder"),
    "sample": Command("ballgen.cli.sample", "new images from a prior"),
    "reconstruct": Command("ballgen.cli.reconstruct", "test images, encoded and decoded"),
    "evaluate": Command("ballgen.cli.evaluate", "scores of a checkpoint on test images"),
    "diagnose": Command("ballgen.cli.diagnose", "why random samples of a checkpoint fail"),
    "export": Command("ballgen.cli.export", "a model for other programs"),
    "leaderboard": Command("ballgen.cli.leaderboard", "scores of several checkpoints in one table"),
    "runs": Command("ballgen.cli.runs", "list, stop and resume the dashboard's training runs"),
}
