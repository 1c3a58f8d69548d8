"""ballgen train: `python train_all.py`, with the same flags."""

from __future__ import annotations

import runpy
import sys

from ballgen.util.paths import PROJECT


def run(arguments: list[str]) -> int:
    """Train, score and save. Raises `InputError`."""
    sys.argv = ["ballgen train", *arguments]  # what train_all.py calls itself
    return runpy.run_path(str(PROJECT / "train_all.py"))["main"]()
