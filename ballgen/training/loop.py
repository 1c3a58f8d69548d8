"""The one loop: it trains every family, and knows none of them.

A step is the only clock. Each step's pictures and noise follow from (seed, step) alone, so a run
that stopped after any step goes on exactly as if it had not.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import torch
from accelerate import Accelerator, DistributedDataParallelKwargs
from torch import Tensor, nn

from ballgen.data.imageset import ImageSet
from ballgen.errors import InputError
from ballgen.models import Batch, Model
from ballgen.training.epochs import Epochs
from ballgen.training.muon import build_optimiser
from ballgen.training.precision import autocast, memory_format


def start_accelerator() -> Accelerator:
    """The device and the processes that take part: one, or as many as `torchrun` started."""
    return Accelerator(
        mixed_precision="no",  # each run chooses its own; Accelerate's choice is for the process
        # Each process keeps its own batch norm statistics: sending them would break the gradient
        # of a critic that is called twice in a step.
        kwargs_handlers=[DistributedDataParallelKwargs(broadcast_buffers=False)],
    )


@dataclass
class Training:
    """A model in training, and all that its next step depends on.

    steps     how many there are to be; phases and their schedules run over them
    step      how many were done
    seconds   time spent in steps, over all resumptions
    history   one row per finished epoch
    paces     seconds that a step was measured to take in each of the model's stretches; or none
    totals    float64 (2,) per term: its sum over the images of the epoch under way, their count
    average   running mean of the weights, where the recipe has one
    """

    model: Model
    steps: int
    precision: str = "fp32"
    seed: int = 0
    step: int = 0
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)
    paces: list[float] = field(default_factory=list)
    totals: dict[str, Tensor] = field(default_factory=dict)
    average: Model | None = field(init=False, default=None)
    optimisers: dict[str, torch.optim.Adam] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        recipe, device = self.model.recipe, start_accelerator().device
        self.model.to(device, memory_format=memory_format(self.precision))
        if recipe.ema_decay:
            self.average = copy.deepcopy(self.model).requires_grad_(False)
        for player, parts in self.model.players().items():
            parameters = [parameter for part in parts for parameter in part.parameters()]
            self.optimisers[player] = build_optimiser(
                self.model.phase(player), parameters, self.precision
            )

    @property
    def result(self) -> Model:
        """The model to keep: the averaged one where there is one."""
        return self.average or self.model

    @property
    def finished(self) -> bool:
        return self.step >= self.steps

    @property
    def later_parts(self) -> list[int]:
        """The steps at which other players begin to move."""
        return [round(begin * self.steps) for begin, _ in self.model.stretches()[1:]]

    def seconds_left(self, pace: float) -> float:
        """Seconds of training to come if steps take `pace` seconds now, and later ones, in which
        other players move, differ from them as `paces` do.
        """
        bounds = [0, *self.later_parts, self.steps]
        now = sum(self.step >= part for part in self.later_parts)
        known = self.paces or [pace] * (len(bounds) - 1)
        left = [max(0, end - max(begin, self.step)) for begin, end in pairwise(bounds)]
        weighted = sum(own * steps for own, steps in zip(known, left, strict=True))
        return pace / known[now] * weighted

    def go_on_from_average(self) -> None:
        """Take the running mean of the weights for the weights."""
        if self.average:
            self.model.load_state_dict(self.average.state_dict())

    def tensors(self) -> dict[str, Tensor]:
        """Weights, running mean and optimiser states by name."""
        found = {f"model.{k}": v for k, v in self.model.state_dict().items()}
        if self.average:
            found |= {f"average.{k}": v for k, v in self.average.state_dict().items()}
        for player, optimiser in self.optimisers.items():
            for index, state in optimiser.state_dict()["state"].items():
                found |= {f"optimiser.{player}.{index}.{k}": v for k, v in state.items()}
        return found

    @torch.no_grad()
    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Take back what `tensors` gave."""

        def under(prefix: str) -> dict[str, Tensor]:
            return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}

        self.model.load_state_dict(under("model."))
        if self.average:
            self.average.load_state_dict(under("average."))
        for player, optimiser in self.optimisers.items():
            states: dict[int, dict[str, Tensor]] = {}
            for name, tensor in under(f"optimiser.{player}.").items():
                index, key = name.split(".")
                parameter = optimiser.param_groups[0]["params"][int(index)]
                if tensor.shape == parameter.shape:
                    # The fused Adam walks through memory: moments must lie as their weights do.
                    tensor = torch.empty_like(parameter).copy_(tensor)
                states.setdefault(int(index), {})[key] = tensor
            groups = optimiser.state_dict()["param_groups"]
            optimiser.load_state_dict({"state": states, "param_groups": groups})

    def close_epoch(self, count: int) -> None:
        """Turn the totals of the epoch under way, over `count` images, into a history row.

        Raises `InputError` if the loss is NaN or infinite: nothing good would follow.
        """
        if not self.totals:
            return
        epochs = Epochs.of(count, self.model.recipe.batch_size)
        epoch = epochs.begun(self.step)
        means = {name: (total / n).item() for name, (total, n) in self.totals.items()}
        if not math.isfinite(means["loss"]):
            raise InputError(
                f"training diverged in epoch {epoch}: its loss is {means['loss']}. "
                f"Begin anew with a learning_rate below {self.model.recipe.learning_rate:g}"
            )
        row = {
            "epoch": epoch,
            "images": epochs.seen(self.step),
            "seconds": round(self.seconds, 3),
        }
        self.history.append(row | means)
        self.totals = {}


class Turn(nn.Module):
    """One player's move as a module that owns just that player's parameters.

    Wrapped for itself in distributed training, so that only the mover's gradients are averaged.
    """

    def __init__(self, model: Model, player: str) -> None:
        super().__init__()
        self.player = player
        self.parts = nn.ModuleList(model.players()[player])
        self._objective = model.objective  # a bound method: the model itself is not a submodule

    def forward(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        return self._objective(self.player, batch)


def train(
    training: Training,
    images: ImageSet,
    after_step: Callable[[Training], bool] = lambda training: True,
) -> Training:
    """Take steps until `training.steps` are done, or until `after_step` answers False.

    Where other players begin to move, they find the averaged weights, so that those who rest from
    then on rest for good: what follows them is the same for the average.

    Started by `torchrun` or `accelerate launch`, each process takes its share of every batch.
    """
    model, recipe, seed = training.model.train(), training.model.recipe, training.seed
    accelerator = start_accelerator()
    device, rank, world = accelerator.device, accelerator.process_index, accelerator.num_processes
    pixels, labels = images.pixels.to(device), images.labels.to(device)
    epochs = Epochs.of(len(images), recipe.batch_size)
    count, batch_size = epochs
    turns, order = {}, None
    training.totals = {k: v.to(device) for k, v in training.totals.items()}  # of a stopped run
    for player in training.optimisers:
        let_move(model, player)  # before wrapping: what cannot move is not averaged
        turns[player] = accelerator.prepare(Turn(model, player))

    while not training.finished:
        started = time.perf_counter()
        if training.step in training.later_parts:
            training.go_on_from_average()
        epoch, position = epochs.at(training.step)
        if position == 0 or order is None:
            order = epoch_order(count, recipe.shuffle, seed, epoch)  # (count,)
        rows = order[position * batch_size : (position + 1) * batch_size]
        rows = rows[rank : len(rows) - len(rows) % world : world].to(device)  # equal shares
        generator = generator_for(seed, training.step, rank)
        step_terms: dict[str, Tensor] = {"loss": torch.zeros((), device=device)}
        for player, turn in turns.items():
            phase = model.phase(player)
            rate = phase.rate(training.step, training.steps)
            if rate is None:
                continue
            let_move(model, player)
            batch = Batch(pixels[rows].float() / 255, labels[rows], training.step, generator)
            with autocast(device, training.precision):
                loss, terms = turn(batch)
            optimiser = training.optimisers[player]
            optimiser.param_groups[0]["lr"] = rate
            optimiser.zero_grad(set_to_none=True)
            accelerator.backward(loss)
            if phase.clip:
                nn.utils.clip_grad_norm_(turn.parameters(), phase.clip)
            optimiser.step()
            step_terms |= terms | {"loss": step_terms["loss"] + loss.detach()}
        if training.average:
            follow(training.average, model, recipe.ema_decay, training.step)
        add_to_totals(training.totals, step_terms, len(rows))
        training.step += 1
        training.seconds += time.perf_counter() - started
        if epochs.at(training.step)[1] == 0 or training.finished:
            training.totals = {k: accelerator.reduce(v) for k, v in training.totals.items()}
            training.close_epoch(count)
        if not after_step(training):
            break
    model.requires_grad_(True)
    return training


def let_move(model: Model, player: str) -> None:
    """Let only `player`'s parameters have gradients: the others stand still."""
    model.requires_grad_(False)
    for part in model.players()[player]:
        part.requires_grad_(True)


def epoch_order(count: int, shuffle: bool, seed: int, epoch: int) -> Tensor:
    """int64 (count,): the order of the pictures in an epoch."""
    if not shuffle:
        return torch.arange(count)
    # -1 is no step's number, so the order shares no randomness with a step.
    return torch.randperm(count, generator=generator_for(seed, epoch, -1))


def generator_for(seed: int, step: int, rank: int) -> torch.Generator:
    """A generator that depends on nothing but its three numbers."""
    (mixed,) = np.random.SeedSequence([seed, step, rank + 1]).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(mixed >> 1))


@torch.no_grad()
def follow(average: Model, model: Model, decay: float, step: int) -> None:
    """Move the running mean of the weights towards the model's; statistics are copied."""
    decay = min(decay, (1 + step) / (10 + step))  # early on, the mean forgets its random start
    torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - decay)
    for mean, current in zip(average.buffers(), model.buffers(), strict=True):
        mean.copy_(current)


def add_to_totals(totals: dict[str, Tensor], terms: dict[str, Tensor], count: int) -> None:
    """Add each term's mean over `count` images to its total."""
    for name, value in terms.items():
        both = torch.stack([value.detach().double() * count, torch.tensor(float(count)).to(value)])
        totals[name] = totals[name] + both if name in totals else both
