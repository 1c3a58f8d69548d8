"""The one loop: it runs every stage of every family, and knows none of them.

In every step each group of the stage is updated in turn: its loss on the batch (`Model.loss`, by
way of a `StepModule`, which distributed training wraps), backward, the learning rate that the
schedule gives, the step of the optimizer.

Each step's images and noise follow from (seed, step) alone, so a run that stopped after any step
goes on exactly as if it had not.
"""

import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from ballgen.data.imageset import ImageSet
from ballgen.models.augment import mirror
from ballgen.models.base import Batch, Generated, Model
from ballgen.training.distributed import autocast, get_accelerator, share
from ballgen.training.epochs import Epochs
from ballgen.training.schedule import learning_rate
from ballgen.training.stages import ParameterGroup, Stage
from ballgen.training.state import TrainState

EMA_START = 10  # steps: early on, the average forgets its random start


class StepModule(nn.Module):
    """One group's loss as a module that owns just that group's parameters.

    Wrapped for itself in distributed training, so that only its own gradients are averaged.
    """

    def __init__(self, group: ParameterGroup) -> None:
        super().__init__()
        self.modules_updated = nn.ModuleList(group.modules)
        self._loss = group.loss

    def forward(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor], Generated | None]:
        loss = self._loss(batch)
        return loss.total, loss.terms, loss.generated


def run_stage(
    stage: Stage,
    state: TrainState,
    images: ImageSet,
    after_step: Callable[[TrainState], bool] = lambda state: True,
) -> None:
    """Take what is left of the stage's steps.

    after_step  is called after every step and stops the training by answering False

    Started by `torchrun` or `accelerate launch`, each process takes its share of every batch.
    Raises `InputError` if the loss is no longer finite.
    """
    if state.step >= state.first_step(stage.index + 1):
        return
    model, recipe, seed = state.model.train(), state.model.recipe, state.seed
    accelerator = get_accelerator()
    device, rank, world = accelerator.device, accelerator.process_index, accelerator.num_processes
    pixels, labels = images.pixels.to(device), images.labels.to(device)
    epochs = Epochs.of(len(images), recipe.training.batch_size)
    state.enter(stage)
    state.totals = {name: total.to(device) for name, total in state.totals.items()}
    step_modules = {}
    for group in stage.groups:
        set_requires_grad(model, stage, group)  # before wrapping: frozen weights are not averaged
        step_modules[group.name] = accelerator.prepare(StepModule(group))
    first, order, going = state.first_step(stage.index), None, True

    while going and state.step < state.first_step(stage.index + 1):
        started = time.perf_counter()
        progress = state.progress_of(stage.index)
        epoch, position = epochs.at(state.step)
        if position == 0 or order is None:
            order = epoch_order(len(images), recipe.training.shuffle, seed, epoch)  # (N,)
        whole = order[position * epochs.batch_size : (position + 1) * epochs.batch_size]
        rows = share(whole, rank, world).to(device)
        generator = generator_for(seed, state.step, rank)
        seen = pixels[rows].float() / 255
        if recipe.training.mirror:
            seen = mirror(seen, generator)
        batch = Batch(seen, labels[rows], state.step, generator)
        step_terms: dict[str, Tensor] = {"loss": torch.zeros((), device=device)}
        for group in stage.groups:
            if state.step % group.every:
                continue
            set_requires_grad(model, stage, group)
            step_module, optimizer = step_modules[group.name], state.optimizers[group.name]
            with autocast(device, state.precision):
                loss, terms, generated = step_module(batch)
            batch = batch._replace(generated=generated or batch.generated)
            optimizer.param_groups[0]["lr"] = learning_rate(
                group.optimizer, state.step - first, progress
            )
            optimizer.zero_grad(set_to_none=True)
            accelerator.backward(loss)
            if group.optimizer.clip:
                nn.utils.clip_grad_norm_(step_module.parameters(), group.optimizer.clip)
            optimizer.step()
            # Of a group that is updated now and then, it stands for the steps without.
            step_terms |= terms | {"loss": step_terms["loss"] + group.every * loss.detach()}
        if state.ema:
            update_ema(state.ema, model, recipe.optimizer.ema_decay, state.step)
        add_to_totals(state.totals, step_terms, len(whole) / world)
        state.step += 1
        state.seconds += time.perf_counter() - started
        if epochs.at(state.step)[1] == 0 or state.finished:
            state.close_epoch(len(images))
        going = after_step(state)
    model.requires_grad_(True)


def set_requires_grad(model: Model, stage: Stage, group: ParameterGroup) -> None:
    """Only the group's parameters have gradients: all others are frozen."""
    for module in (model, *stage.extra.values()):
        module.requires_grad_(False)
    for module in group.modules:
        module.requires_grad_(True)


def epoch_order(count: int, shuffle: bool, seed: int, epoch: int) -> Tensor:
    """int64 (count,): the order of the images in an epoch."""
    if not shuffle:
        return torch.arange(count)
    # -1 is no step's number, so the order shares no randomness with a step.
    return torch.randperm(count, generator=generator_for(seed, epoch, -1))


def generator_for(seed: int, step: int, rank: int) -> torch.Generator:
    """A generator that depends on nothing but its three numbers."""
    (mixed,) = np.random.SeedSequence([seed, step, rank + 1]).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(mixed >> 1))


@torch.no_grad()
def update_ema(ema: Model, model: Model, decay: float, step: int) -> None:
    """Move the average of the weights towards the model's; batch statistics are copied."""
    decay = min(decay, (1 + step) / (EMA_START + step))
    torch._foreach_lerp_(list(ema.parameters()), list(model.parameters()), 1 - decay)
    for mean, current in zip(ema.buffers(), model.buffers(), strict=True):
        mean.copy_(current)


def add_to_totals(totals: dict[str, Tensor], terms: dict[str, Tensor], count: float) -> None:
    """Add each term's mean, which stands for `count` images, to its total."""
    for name, value in terms.items():
        value = value.detach().double()  # before the count, which bfloat16 would round
        both = torch.stack([value * count, torch.full_like(value, count)])
        totals[name] = totals[name] + both if name in totals else both
