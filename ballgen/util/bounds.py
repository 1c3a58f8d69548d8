"""Where a number of a recipe must lie."""

from __future__ import annotations

import math
from typing import NamedTuple

from ballgen.errors import InputError


class Bounds(NamedTuple):
    """Where a number must lie: from `least`, itself included or not, to below `end`."""

    least: float
    end: float = math.inf
    without_least: bool = False

    def check(self, name: str, value: float) -> None:
        """Raises `InputError` if `value` lies elsewhere, or is NaN."""
        if self.least <= value < self.end and not (self.without_least and value == self.least):
            return
        if self.end == math.inf:
            raise InputError(f"{name} must be at least {self.least:g}, got {value}")
        opening = "(" if self.without_least else "["
        raise InputError(f"{name} must lie in {opening}{self.least:g}, {self.end:g}), got {value}")


SOME, ANY = Bounds(1), Bounds(0)
SHARE, STEP_SIZE = Bounds(0, 1), Bounds(0, 1, without_least=True)
