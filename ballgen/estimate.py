"""How long an experiment will take on this machine, found by taking a few steps of each kind."""

import math
import time
from contextlib import suppress
from itertools import pairwise
from statistics import median

import torch

from ballgen.experiment import PRIOR_CODES, Experiment, count_scored, seconds_for_priors
from ballgen.priors.flow import LatentFlow
from ballgen.scores.evaluate import MAX_SEARCHED
from ballgen.training.epochs import Epochs
from ballgen.training.finetuning import CODES, finetuning_stage
from ballgen.training.loop import run_stage
from ballgen.training.runner import TIMED_STEPS, WARMUP_STEPS
from ballgen.training.stages import Stage, training_stage
from ballgen.training.state import TrainState
from ballgen.training.validation import KID_EVERY, Validation

TRIED_IMAGES = 16  # are reconstructed: a code may be a search
# What is not timed took so long where a step of a flow of REFERENCE took REFERENCE_STEP: seconds
# for the other priors and before the first score; for each image of 32 px that is scored; and for
# each training image that scores look at, of which MAX_TRAINED count.
REFERENCE, REFERENCE_STEP, FIXED, PER_IMAGE = (48, 2000, "fp32"), 0.0147, 5.0, 0.006
PER_TRAINED, MAX_TRAINED = 0.0025, 4000
FAST_SHARE = 0.3  # of that, where a recipe asks for fast scores


def expected_seconds(experiment: Experiment) -> float:
    """Seconds that `experiment.run()` will take to its finished checkpoint.

    Some steps of every stage and of the flow are taken, for a second or two; nothing of the
    experiment changes.
    """
    threads = torch.get_num_threads()
    # By the clock it will keep to one beside a busy process, where several would take for ever.
    torch.set_num_threads(experiment.threads or (1 if experiment.minutes else threads))
    try:
        state = experiment.begin()
        minutes = experiment.minutes
        training = 60 * minutes if minutes else _training(experiment, state)
        return training + _priors_and_scores(experiment, state)
    finally:
        torch.set_num_threads(threads)


def _training(experiment: Experiment, state: TrainState) -> float:
    """Seconds of all stages, and of validation after each epoch."""
    model, data = state.model, experiment.data
    stages, steps = [training_stage(model)], list(state.stage_steps)
    if len(steps) > 1:
        codes = torch.randn(CODES, model.latent_dim)
        stages.append(finetuning_stage(model, codes, experiment.seed))
    seconds = sum(
        count * _seconds_per_step(stage, state, experiment)
        for count, stage in zip(steps, stages, strict=True)
    )
    validation = Validation(data.test, experiment.seed, len(data.train))
    state.history.append({"epoch": KID_EVERY})  # or a GAN's would not be measured yet
    started = time.perf_counter()
    validation.measure(state)
    epochs = Epochs.of(len(data.train), model.recipe.training.batch_size).begun(sum(steps))
    measured = epochs / KID_EVERY if model.adversarial else epochs
    return seconds + measured * (time.perf_counter() - started)


def _seconds_per_step(stage: Stage, state: TrainState, experiment: Experiment) -> float:
    """Measured by taking a few steps of the stage."""
    state.step = state.first_step(stage.index)
    ends = [state.seconds]

    def going(state: TrainState) -> bool:
        ends.append(state.seconds)
        return len(ends) <= WARMUP_STEPS + TIMED_STEPS

    run_stage(stage, state, experiment.data.train, going)
    return _per_step(ends)


def _per_step(ends: list[float]) -> float:
    """The median time between two steps' ends, the first ones left out where there are others."""
    if len(ends) < 2:
        return 0.0
    return median(after - before for before, after in pairwise(ends[-TIMED_STEPS - 1 :]))


def _priors_and_scores(experiment: Experiment, state: TrainState) -> float:
    """Seconds of all that follows training."""
    recipe, data, model = experiment.recipe, experiment.data, state.result
    flow = recipe.sampling.flow
    step, steps = _flow(model.latent_dim, len(data.train), state.precision, **flow)
    fitting = step * steps if "flow" in recipe.sampling.priors else 0.0
    fitting = min(fitting, seconds_for_priors(experiment.minutes))
    count = count_scored(data, experiment.minutes)
    some = data.test.images(slice(TRIED_IMAGES))
    started = time.perf_counter()
    model.reconstruct(some)
    reconstruction = (time.perf_counter() - started) / len(some)
    reconstruction *= min(count, MAX_SEARCHED) if model.needs_inversion else count
    pixels = math.prod(model.image_shape) / 3072
    images = PER_IMAGE * count + PER_TRAINED * min(len(data.train), MAX_TRAINED)
    scoring = (FIXED + images * pixels) * _flow(*REFERENCE)[0] / REFERENCE_STEP
    return fitting + scoring * (FAST_SHARE if recipe.scores == "fast" else 1) + reconstruction


def _flow(dim: int, count: int, precision: str, **settings: int) -> tuple[float, float]:
    """Seconds per step of a flow that is fitted to so many codes, and how many steps it takes."""
    ends, shares = [], []

    class Enough(Exception):
        """It was watched for long enough."""

    def watch(share: float) -> None:
        ends.append(time.perf_counter())
        shares.append(share)
        if len(ends) > WARMUP_STEPS + TIMED_STEPS:
            raise Enough

    count = min(count, PRIOR_CODES)
    with suppress(Enough):
        LatentFlow(precision=precision, on_progress=watch, **settings).fit(
            torch.randn(count, dim), torch.zeros(count, dtype=torch.int64)
        )
    return _per_step(ends), 1 / (shares[1] - shares[0])
