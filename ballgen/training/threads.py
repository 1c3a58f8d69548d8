"""How many threads a training that ends by the clock uses: all, or one where that is faster.

Threads share the work of every layer and wait for each other by spinning. Beside another busy
process they lose many times what that process takes; one thread alone loses next to nothing.
"""

from __future__ import annotations

from collections import deque
from statistics import median

import torch

STEPS = 5  # whose median is the pace
FIRST_WAIT, LAST_WAIT = 5.0, 60.0  # s to the next trial: doubled after one that was slower
SLOWER = 1.3  # times the best pace: the machine has changed, so a fifth of the wait will do
HOPELESS = 2.0  # times the pace with the other number: a trial ends after two steps


class ThreadTuner:
    """Tries now and then whether the other number of threads is faster, and stays with it then."""

    def __init__(self) -> None:
        self._all = torch.get_num_threads()
        self._recent: deque[float] = deque(maxlen=STEPS)  # s per step
        self._best = 0.0  # s per step since the last trial
        self._compared = 0.0  # s per step with the other number; 0 outside of a trial
        self._since, self._wait = 0.0, FIRST_WAIT  # s

    def after_step(self, seconds: float) -> None:
        """Note what a step took, and choose the number of threads for the next one."""
        if self._all == 1:
            return
        self._since += seconds
        self._recent.append(seconds)
        pace, full = median(self._recent), len(self._recent) == STEPS
        if self._compared:
            hopeless = len(self._recent) > 1 and min(self._recent) > HOPELESS * self._compared
            if full or hopeless:
                self._end_trial(pace)
        elif full:
            self._best = min(self._best or pace, pace)
            wait = self._wait / 5 if pace > SLOWER * self._best else self._wait
            if self._since >= wait:
                self._compared = pace
                self._switch()

    def _end_trial(self, pace: float) -> None:
        if pace < self._compared:
            self._wait = FIRST_WAIT
        else:
            self._wait = min(2 * self._wait, LAST_WAIT)
            self._switch()
        self._best = self._compared = self._since = 0.0

    def _switch(self) -> None:
        torch.set_num_threads(1 if torch.get_num_threads() > 1 else self._all)
        self._recent.clear()
