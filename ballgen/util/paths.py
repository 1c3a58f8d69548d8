"""Paths as people write them, and where files lie: beside the package, the user's, and runs.

Imports nothing that is slow: every page asks here whether there are runs.
"""

import os
import sys
from pathlib import Path

from ballgen.errors import InputError

# In a clone app.py, train_all.py, pages/, checkpoints/ and the studies' tables lie beside the
# package. A wheel has no such place, so hatch_build.py puts them into this folder of the package.
_BUNDLE = Path(__file__).parents[1] / "bundle"
INSTALLED = _BUNDLE.is_dir()
PROJECT = _BUNDLE if INSTALLED else Path(__file__).parents[2]
TRAINED_VARIABLE = "BALLGEN_TRAINED"
TRAIN_COMMAND = "ballgen train" if INSTALLED else "python train_all.py"
DASHBOARD_COMMAND = "ballgen dashboard" if INSTALLED else "streamlit run app.py"
RUNS_VARIABLE = "BALLGEN_RUNS"
REGISTRY = "registry.sqlite"


def chosen_path(variable: str) -> Path | None:
    """The path in an environment variable, ~ written out; None where it is empty or not set."""
    chosen = os.environ.get(variable)
    return expand(chosen) if chosen else None


def chosen_folders(variable: str) -> list[Path]:
    """The paths in an environment variable, separated as in $PATH, ~ written out.

    Raises `InputError` for a home folder that is not known.
    """
    return [expand(part) for part in os.environ.get(variable, "").split(os.pathsep) if part]


def expand(path: str | os.PathLike[str]) -> Path:
    """The path with ~ and ~name written out.

    Raises `InputError` where nobody has that name, or if it is no path at all.
    """
    if not isinstance(path, str | os.PathLike):
        raise InputError(
            f"a path must be text, got {type(path).__name__}: write where the file or folder lies"
        )
    try:
        if b"\0" in os.fsencode(path):
            raise InputError(
                f"{os.fspath(path)!r} is no path, for it holds a null character: type it anew"
            )
        return Path(path).expanduser()
    except UnicodeEncodeError as error:
        raise InputError(
            f"{path!r} is no path, for it holds half a character: type it anew"
        ) from error
    except RuntimeError as error:
        raise InputError(
            f"{path} begins with a home folder that is not known here: write the whole path"
        ) from error


def cache_folder() -> Path:
    """$BALLGEN_CACHE where that is set, else the user's cache for ballgen; it need not exist.

    Raises `InputError` where no home folder is known.
    """
    if chosen := chosen_path("BALLGEN_CACHE"):
        return chosen
    if sys.platform == "win32" and (local := os.environ.get("LOCALAPPDATA")):
        return Path(local) / "ballgen" / "cache"
    if sys.platform == "darwin":
        return expand("~/Library/Caches/ballgen")
    return expand(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "ballgen"


def output_root() -> Path:
    """Where runs/ and trained/ are written: the clone, or the current folder once installed."""
    return Path.cwd() if INSTALLED else PROJECT


def trained_folder() -> Path:
    """Where your own checkpoints go: the folder in $BALLGEN_TRAINED if it is set, else trained/.

    Raises `InputError` for a home folder that is not known.
    """
    return (chosen_path(TRAINED_VARIABLE) or output_root() / "trained").absolute()


def find_shipped(path: Path) -> Path:
    """The path; or, if it begins with checkpoints/ and is not here, what ballgen ships there."""
    shipped = path.parts[:1] == ("checkpoints",) and not path.exists()
    return PROJECT / path if shipped and (PROJECT / path).exists() else path


def runs_folder() -> Path:
    """The folder in $BALLGEN_RUNS if it is set, else runs/.

    Raises `InputError` for a home folder that is not known.
    """
    return (chosen_path(RUNS_VARIABLE) or output_root() / "runs").absolute()


def any_runs() -> bool:
    """Whether there is a registry; a page that is only looked at makes none.

    Raises `InputError` for a home folder that is not known.
    """
    return (runs_folder() / REGISTRY).exists()
