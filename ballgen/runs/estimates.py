"""How long a run will take, found before it starts by a process of its own.

The process loads the images as the run would, and takes a few steps: `ballgen.estimate`.
"""

import json
import os
import subprocess
import sys
import threading
import time
from typing import Any

from ballgen.errors import InputError
from ballgen.recipes import Recipe
from ballgen.runs.control import WORKER_ENVIRONMENT
from ballgen.runs.worker import NICENESS
from ballgen.util.paths import output_root

MEMORY = 4 << 30  # bytes: a link may name any size
PATIENCE = 5.0  # s after which nobody asks any more
LIMIT = 300.0  # s
REMEMBERED = 100  # answers
STARTED = time.perf_counter()  # before the slow imports: a run has them, too


class Estimates:
    """Answers how long runs will take; one process at a time works them out, for all visitors."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, float | None] = {}
        self._order, self._asked, self._begun = "", 0.0, 0.0
        self._process: subprocess.Popen | None = None

    def ask(self, recipe: Recipe, source: str, loading: dict[str, Any], seed: int,
            minutes: float | None) -> float | None:  # fmt: skip
        """Seconds to the finished checkpoint; None while that is not known: ask again.

        Raises `InputError` if it cannot be found.
        """
        order = json.dumps(
            {"recipe": recipe.to_dict(), "source": source, "loading": loading, "seed": seed,
             "minutes": minutes}
        )  # fmt: skip
        with self._lock:
            self._collect()
            if order in self._known:
                if (seconds := self._known[order]) is None:
                    raise InputError("how long it will take is not known")
                return seconds
            now = time.monotonic()
            if self._process and order != self._order and now - self._asked > PATIENCE:
                self._end()  # another form, by now
            if not self._process:
                self._begin(order)
            if order == self._order:
                self._asked = now
        return None

    def _begin(self, order: str) -> None:
        self._order, self._begun = order, time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ballgen.runs.estimates"],
            cwd=output_root(),
            env=WORKER_ENVIRONMENT | os.environ,  # as the run will have
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._process.stdin.write(order.encode())
        self._process.stdin.close()

    def _collect(self) -> None:
        """Keep the answer of a process that has ended."""
        if not self._process:
            return
        if self._process.poll() is None:
            if time.monotonic() - self._begun > LIMIT:
                self._known[self._order] = None
                self._end()
            return
        answer = self._process.stdout.read()
        self._known[self._order] = float(answer) if answer else None
        self._end()
        while len(self._known) > REMEMBERED:
            del self._known[next(iter(self._known))]

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        self._process, self._order = None, ""


def main() -> None:
    """Print how many seconds the run on standard input will take."""
    from ballgen.data.reading.child import limit_memory
    from ballgen.estimate import expected_seconds
    from ballgen.experiment import Experiment, load_data

    order = json.load(sys.stdin)
    limit_memory(MEMORY)
    if hasattr(os, "nice"):  # not on Windows
        os.nice(NICENESS)
    recipe = Recipe.from_dict(order["recipe"])
    data = load_data(order["source"], recipe, seed=order["seed"], **order["loading"])
    experiment = Experiment(recipe, data, output_root(), order["seed"], order["minutes"])
    before = time.perf_counter() - STARTED
    print(before + expected_seconds(experiment))


if __name__ == "__main__":
    main()
