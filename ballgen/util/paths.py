"""Paths as people write them, and where the user's cache is."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ballgen.errors import InputError


def chosen_path(variable: str) -> Path | None:
    """The path in an environment variable, ~ written out; None where it is empty or not set."""
    chosen = os.environ.get(variable)
    return expand(chosen) if chosen else None


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
