"""Reading images in a process of its own, which may use only so much memory and time.

A server that reads what strangers send must survive it: the process ends, the server goes on. It is
this very file: it reads an order from standard input and answers in lines of JSON, how far it is
and, in the last one, what was found or the error. Arrays go into a file.
"""

import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from ballgen.data.decode import MIDDLE, Crop, DecodeError, decode
from ballgen.data.reading.folders import FolderImages, read_folder
from ballgen.errors import InputError
from ballgen.util.paths import expand

GRACE = 20.0  # s that a process may go on after its time, say with a large image, until it is ended
AT_ONCE = 2  # processes; others wait for their turn
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
INTERVAL = 0.2  # s between two lines
NICENESS = 5  # so that pages stay quick meanwhile
RESERVE = 0.85  # of the memory is for data; programs and libraries take some, too
_turns = threading.BoundedSemaphore(AT_ONCE)

OnRead = Callable[[int, int], None]


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
    on_progress: OnRead = lambda done, count: None,
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
    on_progress: OnRead = lambda done, count: None,
) -> dict[str, Any]:
    """What a process answers to an order, arrays and all."""
    if not _turns.acquire(timeout=bounds.seconds):
        raise InputError(f"{what} cannot be read now, other images are: try again in a minute")
    with contextlib.ExitStack() as ending:
        ending.callback(_turns.release)
        folder = ending.enter_context(tempfile.TemporaryDirectory(prefix="ballgen-"))
        arrays = Path(folder, "arrays.npz")
        order |= {"what": what, "bounds": dataclasses.asdict(bounds), "out": str(arrays)}
        child = subprocess.Popen(
            [sys.executable, "-m", "ballgen.data.reading.child"],
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


# --- the process itself --------------------------------------------------------------------------


def main() -> None:
    """Do what standard input asks for."""
    order = json.load(sys.stdin)
    memory, what = order["bounds"]["memory"], order["what"]
    limit_memory(memory)
    if hasattr(os, "nice"):  # not on Windows
        os.nice(NICENESS)
    seen = {"done": 0, "count": 0}
    ended = threading.Event()

    def tell() -> None:
        own = psutil.Process()
        while not ended.wait(INTERVAL):
            if own.memory_info().rss > memory:  # where the system itself knows no limit
                os._exit(1)
            _answer(**seen)

    def progress(items: Iterable, _: str, count: int) -> Iterator:
        seen["count"] += count
        for item in items:
            seen["done"] += 1
            yield item

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        found = _decode(order) if "file" in order else _read(order, progress)
        arrays = {name: value for name, value in found.items() if isinstance(value, np.ndarray)}
        np.savez(order["out"], **arrays)
        last = {"found": {name: value for name, value in found.items() if name not in arrays}}
    except InputError as error:
        last = {"error": str(error)}
    except MemoryError:
        needs = f"needs more than {memory >> 20} MB of memory to be read: give a part of it"
        last = {"error": f"{what} {needs}"}
    except Exception as error:  # the one who waits must know, whatever it was
        traceback.print_exc()
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        last = {"error": f"{what} cannot be read ({reason}): give another folder or .zip"}
    ended.set()
    thread.join()
    _answer(**last)


def _answer(**values: object) -> None:
    print(json.dumps(values), flush=True)


def _read(order: dict[str, Any], progress: Callable) -> dict[str, Any]:
    """A folder or .zip, by the names of what is found."""
    bounds = {"roots": order["roots"], "seconds": order["bounds"]["seconds"]}
    return read_folder(order["path"], *order["settings"], **bounds, progress=progress)._asdict()


def _decode(order: dict[str, Any]) -> dict[str, Any]:
    """One image. Raises `InputError` if it cannot be used."""
    try:
        content, crop = Path(order["file"]).read_bytes(), Crop(*order["crop"])
        return {"pixels": decode(content, order["size"], order["channels"], crop=crop).eight_bits()}
    except DecodeError as error:
        raise InputError(f"this file cannot be used: {error}") from error


def limit_memory(memory: int) -> None:
    """Ask the system to refuse more memory to this process, where it can."""
    with contextlib.suppress(ImportError):  # Windows
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        limit = round(RESERVE * memory)
        with contextlib.suppress(ValueError, OSError):  # macOS knows no such limit
            resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


if __name__ == "__main__":
    main()
