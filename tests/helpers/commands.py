"""Commands as people start them: in a process of their own, or sooner, in a fork or in this one.

A process takes three seconds of a core to import torch, so most tests `call` a command; those that
need a process for its signals or its end take a fork; of each family of commands one test starts
`python`. No process outlives its test.
"""

from __future__ import annotations

import io
import os
import runpy
import signal
import subprocess
import sys
import warnings
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

from tests.helpers.forked import FORKING

ROOT = Path(__file__).parents[2]
PATIENCE = 240.0  # s; a busy machine is no failure, but waiting for ever is


def start_python(
    *arguments: str | Path, popen: type[subprocess.Popen] = subprocess.Popen, **options
) -> subprocess.Popen:
    """`python ARGUMENTS` in the repository, its two outputs as text, in a group of its own.

    popen  `forked.FORKING.Popen` starts it without the imports
    """
    return popen(
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


def fork(*arguments: str | Path, **options) -> subprocess.CompletedProcess:
    """What `python ARGUMENTS` answers, from a fork that has imported torch already."""
    return python(*arguments, popen=FORKING.Popen, **options)


def call(*arguments: str | Path) -> subprocess.CompletedProcess:
    """What `python FILE …` or `python -m MODULE …` answers, run in this process.

    What would end in a traceback raises here.
    """
    first, *words = map(str, arguments)
    if first == "-m":
        first, *words = words
        first = f"{first.replace('.', '/')}/__main__.py"
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    out, err, status = io.StringIO(), io.StringIO(), 0
    with (
        patch.object(sys, "argv", [first, *words]),
        warnings.catch_warnings(action="default"),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            runpy.run_path(str(ROOT / first), run_name="__main__")
        except SystemExit as end:
            status = end.code or 0
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
    return subprocess.CompletedProcess([first, *words], status, out.getvalue(), err.getvalue())
