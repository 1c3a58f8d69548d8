"""Commands as people start them, each in a process of its own, none of which outlives its test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE = 240.0  # s; a busy machine is no failure, but waiting for ever is


def start_python(*arguments: str | Path, **options) -> subprocess.Popen:
    """`python ARGUMENTS` in the repository, its two outputs as text, in a group of its own."""
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **{"cwd": ROOT} | options,
    )


def finish(process: subprocess.Popen, patience: float = PATIENCE) -> subprocess.CompletedProcess:
    """What it answered. After `patience` seconds it is ended, with all that it started.

    Ending the process alone would not do: what it started holds its outputs open, and whoever
    reads them would wait for ever.
    """
    try:
        stdout, stderr = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        stdout, stderr = process.communicate()
        raise AssertionError(
            f"{process.args} took longer than {patience:.0f} s:\n{stdout[-3000:]}\n{stderr[-3000:]}"
        ) from None
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def python(*arguments: str | Path, **options) -> subprocess.CompletedProcess:
    """What `python ARGUMENTS` answers."""
    return finish(start_python(*arguments, **options))
