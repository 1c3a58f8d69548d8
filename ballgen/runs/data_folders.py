"""Which folders the dashboard reads images from: those that its owner names.

A link can name any path. Without a list, opening one would show what lies there.
"""

import os
import re
from contextlib import suppress
from pathlib import Path

from ballgen.data.sources import NAMES
from ballgen.errors import InputError
from ballgen.util.paths import chosen_folders, expand, runs_folder

DATA_FOLDERS_VARIABLE = "BALLGEN_DATA_FOLDERS"
UPLOADS = "uploads"
DIGEST = re.compile(r"(?:-([0-9a-f]{8})\.zip|\(([0-9a-f]{8})\))$")


def uploads_folder() -> Path:
    """Where images that came through a browser are kept, beside the runs.

    Raises `InputError` for a home folder that is not known.
    """
    return runs_folder() / UPLOADS


def digest_in(name: str) -> str:
    """What tells uploaded images from all others, in their file's name or title; "" for none."""
    found = DIGEST.search(name)
    return (found[1] or found[2]) if found else ""


def check_upload(source: str) -> None:
    """Raises `InputError` if this names uploaded images, by path or title, that are not there."""
    if not digest_in(source):
        return
    path = expand(source)
    of_upload = path.parent == uploads_folder() or source.endswith(")")
    with suppress(OSError):  # a name that is too long
        if of_upload and not path.exists():
            raise InputError(
                f"the uploaded images {path.name} were deleted: bring the same .zip or folder in "
                "again, and they are back"
            )


def data_folders() -> list[Path]:
    """The folders in $BALLGEN_DATA_FOLDERS, or the one the dashboard was started in; and uploads.

    Several are separated as in $PATH. Raises `InputError` for a home folder that is not known.
    """
    named = chosen_folders(DATA_FOLDERS_VARIABLE) or [Path.cwd()]
    return [*(folder.absolute() for folder in named), uploads_folder()]


def check_source(source: str) -> str:
    """The source, unless it is a path outside the folders that the dashboard reads.

    Links are followed. Raises `InputError` for such a path, whether there is anything or not, and
    for uploaded images that were deleted.
    """
    if source.lower() in NAMES:
        return source
    check_upload(source)
    named, folders = expand(source), data_folders()
    # As written first: on Windows following a path to another machine already talks to it.
    with suppress(ValueError, OSError):  # no path at all: a NUL in it, or a name that is too long
        path = Path(os.path.abspath(named))
        written = any(path.is_relative_to(root) for root in (*folders, *map(_real, folders)))
        if written and any(_real(path).is_relative_to(_real(root)) for root in folders):
            return source
    raise InputError(
        f"{source} is not in a folder that this dashboard reads ({', '.join(map(str, folders))}): "
        f"start it with {DATA_FOLDERS_VARIABLE} set to the folder that holds it"
    )


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
