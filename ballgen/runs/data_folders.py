"""Which folders the dashboard reads images from: those that its owner names.

A link can name any path. Without a list, opening one would show what lies there.
"""

from __future__ import annotations

import os
from pathlib import Path

from ballgen.data.sources import NAMES
from ballgen.errors import InputError
from ballgen.util.paths import chosen_folders, expand, runs_folder

DATA_FOLDERS_VARIABLE = "BALLGEN_DATA_FOLDERS"
UPLOADS = "uploads"


def uploads_folder() -> Path:
    """Where images that came through a browser are kept, beside the runs.

    Raises `InputError` for a home folder that is not known.
    """
    return runs_folder() / UPLOADS


def data_folders() -> list[Path]:
    """The folders in $BALLGEN_DATA_FOLDERS, or the one the dashboard was started in; and uploads.

    Several are separated as in $PATH. Raises `InputError` for a home folder that is not known.
    """
    named = chosen_folders(DATA_FOLDERS_VARIABLE) or [Path.cwd()]
    return [*(folder.absolute() for folder in named), uploads_folder()]


def check_source(source: str) -> str:
    """The source, unless it is a path outside the folders that the dashboard reads.

    Raises `InputError` for such a path, whether there is anything or not.
    """
    if not is_allowed(source):
        folders = ", ".join(map(str, data_folders()))
        raise InputError(
            f"{source} is not in a folder that this dashboard reads ({folders}): start it with "
            f"{DATA_FOLDERS_VARIABLE} set to the folder that holds it"
        )
    return source


def is_allowed(source: str) -> bool:
    """Whether a source is a name, or a path in one of `data_folders` even if links are followed.

    Raises `InputError` for a home folder that is not known.
    """
    if source.lower() in NAMES:
        return True
    named, folders = expand(source), data_folders()
    try:
        # As written first: on Windows following a path to another machine already talks to it.
        path = Path(os.path.abspath(named))
        written = any(path.is_relative_to(root) for root in (*folders, *map(_real, folders)))
        return written and any(_real(path).is_relative_to(_real(root)) for root in folders)
    except (ValueError, OSError):  # no path at all: a NUL in it, or a name that is too long
        return False


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
