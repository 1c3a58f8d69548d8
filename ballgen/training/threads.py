"""How many threads a training that ends by the clock uses: as many as cores are free, or one where
that is faster.

Threads share the work of every layer and wait for each other by spinning. Beside another busy
process they lose many times what that process takes, unless each has a core to itself.
"""

import os
import time
from collections import deque
from statistics import median

import psutil
import torch

STEPS = 5  # whose median is the pace
LOOK = 1.0  # s between two looks at what other processes do
START, FIRST_WAIT, LAST_WAIT = 1.0, 5.0, 60.0  # s to the next trial: doubled after a slower one
SLOWER = 1.3  # times the best pace: the machine has changed, so a fifth of the wait will do
HOPELESS = (4.0, 2.0)  # times the pace with the other number: a trial ends after one or two steps
TRIALS = 0.05  # of the time, at most: a step may take a hundred times as long


class ThreadTuner:
    """Tries now and then whether the other number of threads is faster, and stays with it then.

    It begins with one thread, which is never slow. Where other processes leave a single core free,
    it stays with one.
    """

    def __init__(self, threads: int) -> None:
        """threads: at most."""
        self._max_threads, self._free = threads, threads
        self._others = Others()
        self._looked = 0.0  # s ago
        self._recent: deque[float] = deque(maxlen=STEPS)  # s per step
        self._best = 0.0  # s per step since the last trial
        self._compared = 0.0  # s per step with the other number; 0 outside of a trial
        self._since, self._wait = 0.0, START  # s
        torch.set_num_threads(1)

    def after_step(self, seconds: float) -> None:
        """Note what a step took, and choose the number of threads for the next one."""
        if self._max_threads == 1:
            return
        self._looked += seconds
        if self._looked >= LOOK:
            self._look()
        if self._free == 1:
            return
        self._since += seconds
        self._recent.append(seconds)
        pace, count = median(self._recent), len(self._recent)
        if self._compared:
            hopeless = count <= len(HOPELESS) and min(self._recent) > (
                HOPELESS[count - 1] * self._compared
            )
            if count == STEPS or hopeless:
                self._end_trial(pace)
        elif count == STEPS:
            self._best = min(self._best or pace, pace)
            wait = self._wait / 5 if pace > SLOWER * self._best else self._wait
            if self._since >= wait:
                self._compared, self._since = pace, 0.0
                self._switch()

    def _look(self) -> None:
        """Give up the threads that have no core to themselves any more."""
        free = psutil.cpu_count() - self._others.cores()
        self._free, self._looked = max(1, min(self._max_threads, round(free))), 0.0
        if torch.get_num_threads() > self._free:
            torch.set_num_threads(self._free)
            self._recent.clear()
            self._best = self._compared = self._since = 0.0
            self._wait = FIRST_WAIT

    def _end_trial(self, pace: float) -> None:
        if pace < self._compared:
            self._wait = FIRST_WAIT
        else:
            self._wait = max(min(2 * self._wait, LAST_WAIT), self._since / TRIALS)
            self._switch()
        self._best = self._compared = self._since = 0.0

    def _switch(self) -> None:
        torch.set_num_threads(1 if torch.get_num_threads() > 1 else self._free)
        self._recent.clear()


class Others:
    """What other processes do."""

    def __init__(self) -> None:
        self._before = self._read()

    def cores(self) -> float:
        """How many cores they have used since the last call."""
        now, before = self._read(), self._before
        self._before = now
        return max(0.0, now[0] - before[0]) / max(now[1] - before[1], 1e-3)

    def _read(self) -> tuple[float, float]:
        """Seconds that they computed, and seconds of the clock."""
        all_ = psutil.cpu_times()
        busy = all_.user + all_.system + getattr(all_, "nice", 0.0)
        return busy - sum(os.times()[:2]), time.perf_counter()
