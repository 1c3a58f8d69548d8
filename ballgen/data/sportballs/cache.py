"""Keeps drawn sets on disk, so that none is drawn twice. The folder may be deleted at any time."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from ballgen.errors import InputError
from ballgen.util.files import write_file


def cache_folder() -> Path:
    """$BALLGEN_CACHE where that is set, else the user's cache for ballgen; it need not exist."""
    if chosen := os.environ.get("BALLGEN_CACHE"):
        return Path(chosen)
    if sys.platform == "win32" and (local := os.environ.get("LOCALAPPDATA")):
        return Path(local) / "ballgen" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "ballgen"
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else Path.home() / ".cache") / "ballgen"


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
    with contextlib.suppress(OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        with np.load(path, allow_pickle=False) as archive:  # a zip: its checksum is verified
            kept = archive["pixels"]
        if kept.dtype == np.uint8 and kept.shape == shape:
            return torch.from_numpy(kept)
    pixels = draw()
    buffer = io.BytesIO()
    np.savez(buffer, pixels=pixels.numpy())
    with contextlib.suppress(InputError):
        write_file(path, buffer.getbuffer())
    return pixels
