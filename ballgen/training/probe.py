"""A probe at the start of a run: which precision is faster here, and how fast is it?"""

from __future__ import annotations

import copy
import time
from typing import NamedTuple

from accelerate.utils import broadcast_object_list

from ballgen.data.imageset import ImageSet
from ballgen.models import Model
from ballgen.training.loop import Training, train

WARMUP_STEPS, TIMED_STEPS = 4, 10
LONG = 100_000  # steps that a training is said to have, so that none of its parts is too short


def probe(model: Model, images: ImageSet, seed: int = 0) -> tuple[str, list[float]]:
    """The precision to train in, and the seconds that a step takes in it, in each of
    `model.stretches()`.

    The recipe's own precision, or for "auto" the faster of float32 and bfloat16: the latter wins
    on processors with bfloat16 units and loses badly on others. Steps a copy of the model.
    """
    wanted = model.recipe.precision
    candidates = ("fp32", "bf16") if wanted == "auto" else (wanted,)
    (first, *others) = model.stretches()
    costs = {
        precision: _cost_of_a_step(model, images, precision, seed, first[0])
        for precision in candidates
    }
    fastest = min(costs, key=lambda precision: costs[precision].compute)
    # Every process must choose alike, so the first one's clock decides.
    fastest, *paces = broadcast_object_list([fastest, costs[fastest].seconds])
    for begin, _ in others:
        paces.append(_cost_of_a_step(model, images, fastest, seed, begin).seconds)
    return fastest, broadcast_object_list(paces)


class Cost(NamedTuple):
    """Of one step: seconds as they pass, and seconds of computing, to compare by."""

    seconds: float
    compute: float


def _cost_of_a_step(
    model: Model, images: ImageSet, precision: str, seed: int, begin: float
) -> Cost:
    """Measured on a copy of the model, from the share `begin` of training on."""
    training = Training(copy.deepcopy(model), LONG, precision, seed, step=round(begin * LONG))
    on_cpu = next(training.model.parameters()).device.type == "cpu"
    walls: list[float] = []
    works: list[float] = []

    def note_time(_: Training) -> bool:
        walls.append(time.perf_counter())
        # On a CPU the process's own time: what else runs on the machine must not decide.
        works.append(time.process_time() if on_cpu else walls[-1])
        return len(walls) < WARMUP_STEPS + TIMED_STEPS

    train(training, images, note_time)
    return Cost(*((ends[-1] - ends[WARMUP_STEPS - 1]) / TIMED_STEPS for ends in (walls, works)))
