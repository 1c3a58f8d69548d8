"""Phase: when a player moves, and how large its steps are."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ballgen.recipes import Recipe


@dataclass(frozen=True)
class Phase:
    """A stretch of training, in shares of the whole, and the steps within it.

    begin, end     in [0, 1]; most players move from 0 to 1
    learning_rate  at its highest
    beta1, beta2   Adam's
    schedule       constant, linear (constant, then falling to 0 in the second half) or cosine
    warmup         steps over which the step size rises at first
    clip           longest gradient (Euclidean norm over all weights), 0 for any
    optimiser      adam or muon
    """

    learning_rate: float
    beta1: float
    beta2: float
    schedule: str = "constant"
    warmup: int = 0
    begin: float = 0.0
    end: float = 1.0
    clip: float = 0.0
    optimiser: str = "adam"

    @classmethod
    def whole(cls, recipe: Recipe, end: float = 1.0) -> Phase:
        """What the recipe says, from the start."""
        return cls(
            recipe.learning_rate,
            recipe.beta1,
            recipe.beta2,
            recipe.schedule,
            recipe.warmup,
            end=end,
            clip=recipe.clip,
            optimiser=recipe.optimiser,
        )

    def bounds(self, steps: int) -> tuple[int, int]:
        """The first step of the phase and the first one after it, out of `steps`."""
        return round(self.begin * steps), round(self.end * steps)

    def rate(self, step: int, steps: int) -> float | None:
        """The step size at `step` of `steps`; None outside the phase."""
        first, after = self.bounds(steps)
        if not first <= step < after:
            return None
        warmup = min(1.0, (step - first + 1) / (self.warmup + 1))
        return self.learning_rate * warmup * self._fall((step - first) / (after - first))

    def _fall(self, progress: float) -> float:
        if self.schedule == "linear":
            return min(1.0, 2 * (1 - progress))
        if self.schedule == "cosine":
            return 0.5 * (1 + math.cos(math.pi * progress))
        return 1.0
