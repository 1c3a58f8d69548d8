"""Where in its epochs a step lies, and how many images it has seen: one place to count."""

from __future__ import annotations

import math
from typing import NamedTuple


class Epochs(NamedTuple):
    """Passes over `count` images in batches; the last batch of each holds what is left.

    batch_size  images; at most `count`
    """

    count: int
    batch_size: int

    @classmethod
    def of(cls, count: int, batch_size: int) -> Epochs:
        """Over `count` images, in batches of `batch_size` or of all there are."""
        return cls(count, min(batch_size, count))

    @property
    def steps(self) -> int:
        """In one epoch."""
        return math.ceil(self.count / self.batch_size)

    def at(self, step: int) -> tuple[int, int]:
        """Epochs done after `step` steps, and steps done of the next one."""
        return divmod(step, self.steps)

    def begun(self, step: int) -> int:
        """Epochs done or under way after `step` steps."""
        return math.ceil(step / self.steps)

    def seen(self, step: int) -> int:
        """Images in the first `step` steps."""
        done, rest = self.at(step)
        return done * self.count + rest * self.batch_size
