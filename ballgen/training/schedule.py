"""Where the learning rate rises and falls."""

from __future__ import annotations

import math

from ballgen.recipes import Optimizer


def learning_rate(optimizer: Optimizer, step: int, steps: int) -> float:
    """The learning rate at `step`, counted from 0, of the `steps` of a training stage.

    Warmup: linear over the first `optimizer.warmup` steps. Then constant; or linear, which is
    constant for the first half and falls to 0 in the second; or cosine (Loshchilov & Hutter 2017).
    """
    warmup = min(1.0, (step + 1) / (optimizer.warmup + 1))
    progress = step / steps
    fall = {
        "constant": 1.0,
        "linear": min(1.0, 2 * (1 - progress)),
        "cosine": 0.5 * (1 + math.cos(math.pi * progress)),
    }[optimizer.schedule]
    return optimizer.learning_rate * warmup * fall
