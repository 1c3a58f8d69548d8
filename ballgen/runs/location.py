"""Where runs lie. Imports nothing that is slow: every page asks here whether there are any."""

from __future__ import annotations

import os
from pathlib import Path

from ballgen.util.paths import expand
from ballgen.util.project import output_root

RUNS_VARIABLE = "BALLGEN_RUNS"
FILE = "registry.sqlite"


def runs_folder() -> Path:
    """The folder in $BALLGEN_RUNS if it is set, else runs/."""
    chosen = os.environ.get(RUNS_VARIABLE)
    return expand(chosen).absolute() if chosen else output_root() / "runs"


def any_runs() -> bool:
    """Whether there is a registry; a page that is only looked at makes none."""
    return (runs_folder() / FILE).exists()
