"""Where runs lie. Imports nothing that is slow: every page asks here whether there are any."""

from __future__ import annotations

import os
from pathlib import Path

from ballgen.util.paths import expand

RUNS_VARIABLE = "BALLGEN_RUNS"
USUAL_FOLDER = Path(__file__).parents[2] / "runs"
FILE = "registry.sqlite"


def runs_folder() -> Path:
    """The folder in $BALLGEN_RUNS if it is set, else runs/."""
    chosen = os.environ.get(RUNS_VARIABLE)
    return expand(chosen).absolute() if chosen else USUAL_FOLDER


def any_runs() -> bool:
    """Whether there is a registry; a page that is only looked at makes none."""
    return (runs_folder() / FILE).exists()
