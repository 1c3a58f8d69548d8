"""Where runs lie. Imports nothing that is slow: every page asks here whether there are any."""

from __future__ import annotations

from pathlib import Path

from ballgen.util.paths import chosen_path
from ballgen.util.project import output_root

RUNS_VARIABLE = "BALLGEN_RUNS"
FILE = "registry.sqlite"


def runs_folder() -> Path:
    """The folder in $BALLGEN_RUNS if it is set, else runs/.

    Raises `InputError` for a home folder that is not known.
    """
    return (chosen_path(RUNS_VARIABLE) or output_root() / "runs").absolute()


def any_runs() -> bool:
    """Whether there is a registry; a page that is only looked at makes none.

    Raises `InputError` for a home folder that is not known.
    """
    return (runs_folder() / FILE).exists()
