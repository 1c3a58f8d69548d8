"""Paths as people write them."""

from __future__ import annotations

import os
from pathlib import Path

from ballgen.errors import InputError


def expand(path: str | os.PathLike[str]) -> Path:
    """The path with ~ and ~name written out. Raises `InputError` where nobody has that name."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise InputError(
            f"{path} begins with a home folder that is not known here: write the whole path"
        ) from error
