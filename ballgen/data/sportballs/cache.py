"""Keeps drawn sets on disk, so that no set is drawn twice.

The folder is $BALLGEN_CACHE where that is set, else the user's cache folder of the system. It may
be deleted at any time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch


def cache_folder() -> Path:
    """Where drawn sets are kept; it need not exist."""
    if chosen := os.environ.get("BALLGEN_CACHE"):
        return Path(chosen)
    if sys.platform == "win32" and (local := os.environ.get("LOCALAPPDATA")):
        return Path(local) / "ballgen" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "ballgen"
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else Path.home() / ".cache") / "ballgen"


def _read(path: Path, shape: tuple[int, ...]) -> torch.Tensor | None:
    """The pixels of a cache file, or None where it is missing or cannot be trusted."""
    try:
        with np.load(path, allow_pickle=False) as archive:  # a zip: its checksum is verified
            pixels = archive["pixels"]
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        return None
    whole = pixels.dtype == np.uint8 and pixels.shape == shape
    return torch.from_numpy(pixels) if whole else None


def _write(path: Path, pixels: torch.Tensor) -> None:
    """Put a cache file in place in one step: nobody ever reads half of it. May raise OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, pixels=pixels.numpy())
        os.replace(partial, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(partial)
        raise


def load_or_draw(
    key: tuple[object, ...], shape: tuple[int, ...], draw: Callable[[], torch.Tensor]
) -> torch.Tensor:
    """uint8 pixels of `shape`: those kept under `key`, else those that `draw` gives.

    key  everything that the pixels depend on; equal keys must have equal `repr`
    """
    # A cache only saves time. Where it cannot be found, read or written (no home folder, no rights,
    # full disk, damage), drawing gives the same pixels: nothing to trouble the user with.
    try:
        path = cache_folder() / f"sportballs-{hashlib.sha256(repr(key).encode()).hexdigest()}.npz"
    except RuntimeError:  # no home folder can be found
        return draw()
    pixels = _read(path, shape)
    if pixels is None:
        pixels = draw()
        with contextlib.suppress(OSError):
            _write(path, pixels)
    return pixels
