"""Where the files beside the package lie, in a clone and in an installed package."""

from __future__ import annotations

from pathlib import Path

from ballgen.util.paths import chosen_path

# In a clone app.py, train_all.py, pages/, checkpoints/ and the studies' tables lie beside the
# package. A wheel has no such place, so hatch_build.py puts them into this folder of the package.
_BUNDLE = Path(__file__).parents[1] / "bundle"
INSTALLED = _BUNDLE.is_dir()
PROJECT = _BUNDLE if INSTALLED else Path(__file__).parents[2]
TRAINED_VARIABLE = "BALLGEN_TRAINED"
TRAIN_COMMAND = "ballgen train" if INSTALLED else "python train_all.py"
DASHBOARD_COMMAND = "ballgen dashboard" if INSTALLED else "streamlit run app.py"


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
