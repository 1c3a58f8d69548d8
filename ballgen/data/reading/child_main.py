"""What `read_in_child` starts: reads an order from standard input, and answers in lines of JSON.

Its lines say how far it is; the last one holds what was found, or the error. Arrays go into a file.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from ballgen.data.decode import Crop, DecodeError, decode
from ballgen.data.reading.folders import read_folder
from ballgen.errors import InputError

INTERVAL = 0.2  # s between two lines
NICENESS = 5  # so that pages stay quick meanwhile
RESERVE = 0.85  # of the memory is for data; programs and libraries take some, too


class Progress:
    """Counts images, and tells how far it is in a thread of its own."""

    def __init__(self, memory: int) -> None:
        self.done = self.count = 0
        self._memory = memory
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._tell, daemon=True)
        self._thread.start()

    def __call__(self, items: Iterable, what: str, count: int) -> Iterator:
        self.count += count
        for item in items:
            self.done += 1
            yield item

    def close(self) -> None:
        self._closed.set()
        self._thread.join()

    def _tell(self) -> None:
        own = psutil.Process()
        while not self._closed.wait(INTERVAL):
            if own.memory_info().rss > self._memory:  # where the system itself knows no limit
                os._exit(1)
            answer(done=self.done, count=self.count)


def answer(**values: object) -> None:
    """One line to the process that waits."""
    print(json.dumps(values), flush=True)


def main() -> None:
    """Do what standard input asks for."""
    order = json.load(sys.stdin)
    memory, seconds = order["bounds"]["memory"], order["bounds"]["seconds"]
    limit_memory(memory)
    if hasattr(os, "nice"):  # not on Windows
        os.nice(NICENESS)
    progress = Progress(memory)
    what = order.get("path", "this image")
    try:
        found = decode_file(order) if "file" in order else read(order, seconds, progress)
        arrays = {name: value for name, value in found.items() if isinstance(value, np.ndarray)}
        np.savez(order["out"], **arrays)
        last = {"found": {name: value for name, value in found.items() if name not in arrays}}
    except InputError as error:
        last = {"error": str(error)}
    except MemoryError:
        last = {
            "error": f"{what} needs more than {memory >> 20} MB of memory to be read: "
            "give a part of it"
        }
    except Exception as error:  # the one who waits must know, whatever it was
        traceback.print_exc()
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        last = {"error": f"{what} cannot be read ({reason}): give another folder or .zip"}
    progress.close()
    answer(**last)


def read(order: dict[str, Any], seconds: float, progress: Progress) -> dict[str, Any]:
    """A folder or .zip, by the names of what is found."""
    settings = order["settings"]
    found = read_folder(
        order["path"], *settings, roots=order["roots"], seconds=seconds, progress=progress
    )
    return found._asdict()


def decode_file(order: dict[str, Any]) -> dict[str, Any]:
    """One image. Raises `InputError` if it cannot be used."""
    try:
        content = Path(order["file"]).read_bytes()
        crop = Crop(*order["crop"])
        found = decode(content, order["size"], order["channels"], crop=crop)
        return {"pixels": found.eight_bits()}
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
