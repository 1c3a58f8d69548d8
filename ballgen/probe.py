"""A probe at the start of a run: which precision is faster here, and how fast is it?"""

from __future__ import annotations

import copy
import time

import torch
from accelerate.utils import broadcast_object_list
from torch import Tensor

from ballgen.images.imageset import ImageSet
from ballgen.models import Model
from ballgen.training import Training, train

WARMUP_STEPS, TIMED_STEPS = 3, 8


def probe(model: Model, images: ImageSet, seed: int = 0) -> tuple[str, float]:
    """The precision to train in, and the seconds one step takes in it.

    The recipe's own precision, or for "auto" the faster of float32 and bfloat16: the latter wins
    on processors with bfloat16 units and loses badly on others. Steps a copy of the model.
    """
    wanted = model.recipe.precision
    durations = {
        precision: _step_durations(model, images, precision, seed)
        for precision in (("fp32", "bf16") if wanted == "auto" else (wanted,))
    }
    # Other work on the machine only ever adds time, so the quickest step compares best.
    fastest = min(durations, key=lambda precision: durations[precision].min())
    # Every process must choose alike, so the first one's clock decides.
    fastest, seconds = broadcast_object_list([fastest, durations[fastest].mean().item()])
    return fastest, seconds


def _step_durations(model: Model, images: ImageSet, precision: str, seed: int) -> Tensor:
    """Seconds of each timed step, the warm-up left out."""
    training = Training(copy.deepcopy(model), WARMUP_STEPS + TIMED_STEPS, precision, seed)
    ends: list[float] = []

    def note_time(_: Training) -> bool:
        ends.append(time.perf_counter())
        return True

    train(training, images, note_time)
    return torch.tensor(ends[WARMUP_STEPS - 1 :], dtype=torch.float64).diff()
