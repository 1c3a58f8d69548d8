"""Where the learning rate rises and falls."""

import math

from ballgen.recipes import Optimizer

MAX_WARMUP = 0.1  # of a stage: a short one would not leave its warm-up


def learning_rate(optimizer: Optimizer, step: int, progress: float) -> float:
    """The learning rate at `step` of a training stage, counted from 0.

    progress  share of the stage that is done, in [0, 1]

    Warm-up: linear over the first `optimizer.warmup` steps, or the first tenth of the stage if
    that is shorter. Then constant; or linear, which is constant for the first half and falls to 0
    in the second; or cosine (Loshchilov & Hutter 2017).
    """
    warmup = min(1.0, max((step + 1) / (optimizer.warmup + 1), progress / MAX_WARMUP))
    fall = {
        "constant": 1.0,
        "linear": min(1.0, 2 * (1 - progress)),
        "cosine": 0.5 * (1 + math.cos(math.pi * progress)),
    }[optimizer.schedule]
    return optimizer.learning_rate * warmup * fall
