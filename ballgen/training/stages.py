"""Training stages: what is updated, by which loss, for how many steps.

A training is an ordered list of stages. The first trains a model's own networks; fine-tuning, where
a recipe has it, is the second.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from torch import nn

from ballgen.models.base import Batch, Loss, Model
from ballgen.recipes import Optimizer, Recipe


@dataclass(frozen=True)
class ParameterGroup:
    """Modules that are updated together.

    optimizer  its settings
    loss       of a batch, with gradient for these modules
    every      steps: they are updated in the first of so many
    """

    name: str
    modules: list[nn.Module]
    optimizer: Optimizer
    loss: Callable[[Batch], Loss]
    every: int = 1


@dataclass(frozen=True)
class Stage:
    """A part of training.

    index   in `TrainState.stage_steps`, which says how long it is
    groups  are updated in this order in every step
    extra   modules that the stage brings along, by name, beside the model's own
    """

    index: int
    groups: list[ParameterGroup]
    extra: dict[str, nn.Module]


def training_stage(model: Model) -> Stage:
    """The first stage: every network of the model learns by its own loss."""
    groups = [
        ParameterGroup(
            name,
            modules,
            model.recipe.optimizer,
            partial(model.loss, name),
            model.update_every(name),
        )
        for name, modules in model.networks().items()
    ]
    return Stage(0, groups, {})


def plan_steps(recipe: Recipe, steps: int) -> list[int]:
    """How many of so many steps each stage has: of two, the second is the fine-tuning."""
    first, *second = plan_seconds(recipe, steps)
    return [round(first), steps - round(first)] if second else [steps]


def plan_seconds(recipe: Recipe, seconds: float) -> list[float]:
    """How many of so many seconds each stage has."""
    finetuning = getattr(recipe, "finetuning", None)
    share = finetuning.share if finetuning else 0
    return [(1 - share) * seconds, share * seconds] if share else [seconds]
