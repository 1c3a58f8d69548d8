"""Trainings without an experiment around them: a state, and its stages one after the other."""

from __future__ import annotations

from collections.abc import Callable

import torch

from ballgen.data.imageset import ImageSet
from ballgen.models import Batch, Model
from ballgen.training.finetuning import finetuning_stage
from ballgen.training.loop import run_stage
from ballgen.training.stages import plan_steps, training_stage
from ballgen.training.state import TrainState


def begin(model: Model, steps: int, seed: int = 0) -> TrainState:
    """A fresh training of so many steps."""
    return TrainState(model, plan_steps(model.recipe, steps), seed=seed)


def train(
    state: TrainState,
    images: ImageSet,
    after_step: Callable[[TrainState], bool] = lambda state: True,
) -> TrainState:
    """Run all stages from where the state is; fine-tuning takes codes from N(0, I)."""
    model, going = state.model, True

    def watched(state: TrainState) -> bool:
        nonlocal going
        going = after_step(state)
        return going

    run_stage(training_stage(model), state, images, watched)
    if going and not state.finished:
        if state.step == state.first_step(1):
            state.load_ema_weights()
        codes = torch.randn(64, model.latent_dim, generator=torch.Generator().manual_seed(0))
        run_stage(finetuning_stage(model, codes, state.seed), state, images, watched)
    return state


def a_batch(images: ImageSet, step: int = 0) -> Batch:
    """All of these images, with randomness of their own."""
    return Batch(images.images(), images.labels, step, torch.Generator().manual_seed(0))
