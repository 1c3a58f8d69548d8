"""How many threads a training that ends by the clock uses: all, or one where that is faster.

Threads share the work of every layer and wait for each other by spinning. Beside another busy
process they lose many times what that process takes; one thread alone loses next to nothing.
"""

from __future__ import annotations

from collections import deque
from statistics import median

import torch

STEPS = 5  # whose median is the pace
START, FIRST_WAIT, LAST_WAIT = 1.0, 5.0, 60.0  # s to the next trial: doubled after a slower one
SLOWER = 1.3  # times the best pace: the machine has changed, so a fifth of the wait will do
HOPELESS = (4.0, 2.0)  # times the pace with the other number: a trial ends after one or two steps
TRIALS = 0.05  # of the time, at most: a step may take a hundred times as long


class ThreadTuner:
    """Tries now and then whether the other number of threads is faster, and stays with it then.

    It begins with one thread, which is never slow.
    """

    def __init__(self, threads: int) -> None:
        """threads: how many there are."""
        self._all = threads
        self._recent: deque[float] = deque(maxlen=STEPS)  # s per step
        self._best = 0.0  # s per step since the last trial
        self._compared = 0.0  # s per step with the other number; 0 outside of a trial
        self._since, self._wait = 0.0, START  # s
        torch.set_num_threads(1)

    def after_step(self, seconds: float) -> None:
        """Note what a step took, and choose the number of threads for the next one."""
        if self._all == 1:
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

    def _end_trial(self, pace: float) -> None:
        if pace < self._compared:
            self._wait = FIRST_WAIT
        else:
            self._wait = max(min(2 * self._wait, LAST_WAIT), self._since / TRIALS)
            self._switch()
        self._best = self._compared = self._since = 0.0

    def _switch(self) -> None:
        torch.set_num_threads(1 if torch.get_num_threads() > 1 else self._all)
        self._recent.clear()
