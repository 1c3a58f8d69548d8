"""Reading images in a process of its own, which may use only so much memory and time.

A server that reads what strangers send must survive it: the process ends, the server goes on.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ballgen.data.decode import MIDDLE, Crop
from ballgen.data.reading.folders import FolderImages
from ballgen.errors import InputError
from ballgen.util.paths import expand

GRACE = 20.0  # s that a process may go on after its time, say with a large image, until it is ended
AT_ONCE = 2  # processes; others wait for their turn
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
_turns = threading.BoundedSemaphore(AT_ONCE)


@dataclasses.dataclass(frozen=True)
class Bounds:
    """What a process may use.

    memory   bytes
    seconds  after which it reads no further image
    """

    memory: int = 2**30
    seconds: float = 40.0


def read_in_child(
    path: str | os.PathLike[str],
    *settings: object,
    roots: Sequence[Path] = (),
    bounds: Bounds = Bounds(),
    on_progress: Callable[[int, int], None] = lambda done, count: None,
) -> FolderImages:
    """`read_folder` in a process of its own.

    settings     those of `read_folder` from `split` on
    roots        if there are any, a file that a link leads outside of them is not read
    on_progress  called some times a second with the images read and their number, 0 while it is
                 not known; what it raises ends the process

    Raises `InputError` for what cannot be read within `bounds`, and as `read_folder` does.
    """
    path = expand(path).absolute()
    order = {"path": str(path), "settings": settings, "roots": list(map(str, roots))}
    found = _ask(order, str(path), bounds, on_progress)
    tuples = {name: tuple(value) for name, value in found.items() if isinstance(value, list)}
    return FolderImages(**{"factors": None} | found | tuples)


def decode_in_child(
    content: bytes, size: int, channels: int, bounds: Bounds = Bounds(), crop: Crop = MIDDLE
) -> np.ndarray:
    """The pixels uint8 (C, S, S) of a square of one image file, decoded in a process of its own.

    Raises `InputError` for what cannot be used, or not within `bounds`.
    """
    with tempfile.TemporaryDirectory(prefix="ballgen-") as folder:
        file = Path(folder, "image")
        file.write_bytes(content)
        order = {"file": str(file), "size": size, "channels": channels, "crop": crop}
        return _ask(order, "this image", bounds)["pixels"]


def _ask(
    order: dict[str, Any],
    what: str,
    bounds: Bounds,
    on_progress: Callable[[int, int], None] = lambda done, count: None,
) -> dict[str, Any]:
    """What a process answers to an order, arrays and all."""
    with _turn(what, bounds), tempfile.TemporaryDirectory(prefix="ballgen-") as folder:
        arrays = Path(folder, "arrays.npz")
        order |= {"bounds": dataclasses.asdict(bounds), "out": str(arrays)}
        child = subprocess.Popen(
            [sys.executable, "-m", "ballgen.data.reading.child_main"],
            env=os.environ | ENVIRONMENT | {"PYTHONPATH": str(Path(__file__).parents[3])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        clock = threading.Timer(bounds.seconds + GRACE, child.kill)
        clock.start()
        answer: dict[str, Any] = {}
        try:
            with contextlib.suppress(BrokenPipeError):  # it says why on its way out
                child.stdin.write(json.dumps(order).encode())
                child.stdin.close()
            for line in child.stdout:
                answer = json.loads(line)
                if "done" in answer:
                    on_progress(answer["done"], answer["count"])
        finally:
            clock.cancel()
            child.kill()  # no harm where it has ended
            child.wait()
            child.stdout.close()
        if "error" in answer:
            raise InputError(answer["error"])
        if "found" not in answer:
            raise InputError(
                f"{what} cannot be read with {bounds.memory >> 20} MB of memory in "
                f"{bounds.seconds + GRACE:.0f} s: give a part of it"
            )
        with np.load(arrays) as stored:  # arrays alone: numpy refuses to run code
            return answer["found"] | {name: stored[name] for name in stored.files}


@contextlib.contextmanager
def _turn(what: str, bounds: Bounds) -> Iterator[None]:
    if not _turns.acquire(timeout=bounds.seconds):
        raise InputError(f"{what} cannot be read now, other images are: try again in a minute")
    try:
        yield
    finally:
        _turns.release()
