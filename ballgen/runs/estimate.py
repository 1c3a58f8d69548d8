"""How long a recipe will train here: from runs that were alike, or from a few steps."""

from __future__ import annotations

import time
from dataclasses import fields, replace
from itertools import pairwise
from statistics import median
from typing import NamedTuple

import torch

from ballgen.data.imageset import ImageSet
from ballgen.data.sportballs.sets import SPLIT_COUNTS
from ballgen.errors import InputError
from ballgen.models import build_model
from ballgen.recipes import Recipe
from ballgen.runs.folder import RunFolder
from ballgen.runs.registry import FINISHED, Registry, Run
from ballgen.training.epochs import Epochs
from ballgen.training.loop import Training, train
from ballgen.training.probe import LONG

# Fields that a step's cost does not hang on.
FREE = ("name", "summary", "epochs", "shuffle", "learning_rate", "beta1", "beta2", "schedule")
FREE += ("warmup", "prior", "priors", "kl_weight", "code_weight", "polish_rate", "critic_rate")
FREE += ("polish_weight", "augment_reach", "scores", "refine")
KNOWN_COUNTS = {"mnist": 60_000, "fashion-mnist": 60_000, "cifar10": 50_000}
LARGEST_BATCH = 512  # pictures; a larger one is as fast per picture, and takes memory
AT_ONCE = 1.0  # s between a run's entry and its place in the queue; more if it came back later
MOST_STEPS, PATIENCE = 8, 1.5  # the probe takes so many steps, or so many seconds
CLASSES = 4


def costs_alone(recipe: Recipe) -> Recipe:
    """Equal for recipes whose steps cost the same on pictures of one size."""
    usual = {f.name: f.default for f in fields(Recipe)}
    return replace(recipe, **{name: usual[name] for name in FREE})


def training_count(source: str, limit: int | None) -> int | None:
    """How many pictures an epoch has; None if that is known only when they are loaded."""
    name = source.lower()
    whole = SPLIT_COUNTS["train"] if name == "sportballs" else KNOWN_COUNTS.get(name)
    if whole is None:
        return limit
    return whole if limit is None else min(limit, whole)


class Past(NamedTuple):
    """What a finished run took.

    rate  pictures per second of training
    rest  s of loading, fitting priors and scoring; None if the recipe's are others, or if the run
          was resumed
    """

    rate: float
    rest: float | None


def last_alike(
    registry: Registry, recipe: Recipe, source: str, image_size: int | None
) -> Past | None:
    """The last finished run on pictures of the same source and size whose steps cost the same."""
    for run in registry.all():
        pictures = run.source, run.loading.get("image_size")
        if run.state != FINISHED or pictures != (source, image_size) or not _alike(run, recipe):
            continue
        history = RunFolder(registry.folder, run).history()
        last = history[-1] if history else {}
        if (seconds := last.get("seconds", 0)) > 0 and (images := last.get("images", 0)) > 0:
            return Past(images / seconds, _rest(run, recipe, seconds))
    return None


def _rest(run: Run, recipe: Recipe, training: float) -> float | None:
    then = Recipe.from_dict(run.recipe)
    resumed = run.queued_at - run.created_at > AT_ONCE
    if resumed or (then.priors, then.scores) != (recipe.priors, recipe.scores):
        return None
    return run.ended_at - run.started_at - training


def _alike(run: Run, recipe: Recipe) -> bool:
    """Whether the steps of a run cost what the recipe's do; not if another version wrote it."""
    try:
        return costs_alone(Recipe.from_dict(run.recipe)) == costs_alone(recipe)
    except InputError:
        return False


def probed_rate(recipe: Recipe, image_shape: tuple[int, int, int]) -> float:
    """Pictures per second of a few steps on random pictures. Takes seconds."""
    generator = torch.Generator().manual_seed(0)
    recipe = replace(recipe, batch_size=min(recipe.batch_size, LARGEST_BATCH))
    shape = (recipe.batch_size, *image_shape)
    pixels = torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8)
    labels = torch.arange(recipe.batch_size) % CLASSES
    classes = tuple(str(number) for number in range(CLASSES))
    images = ImageSet("random", "train", pixels, labels, classes)
    candidates = ("fp32", "bf16") if recipe.precision == "auto" else (recipe.precision,)
    seconds = min(_step_seconds(recipe, images, precision) for precision in candidates)
    return recipe.batch_size / seconds


def _step_seconds(recipe: Recipe, images: ImageSet, precision: str) -> float:
    """Averaged over the parts of training, in each of which other players may move."""
    model = build_model(
        replace(recipe, image_size=0, channels=0), images.image_shape, images.class_names
    )

    def seconds(begin: float) -> float:
        """Of steps after the first, which also makes what the others reuse."""
        ends: list[float] = []

        def go_on(_: Training) -> bool:
            ends.append(time.perf_counter())
            return len(ends) < 2 or (len(ends) < MOST_STEPS and ends[-1] - ends[0] < PATIENCE)

        train(Training(model, LONG, precision, step=round(begin * LONG)), images, go_on)
        return median(after - before for before, after in pairwise(ends))  # one may be held up

    return sum((end - begin) * seconds(begin) for begin, end in model.stretches())


def training_seconds(recipe: Recipe, count: int, rate: float) -> float:
    """Seconds of training alone at so many pictures per second."""
    epochs = Epochs.of(count, recipe.batch_size)
    return recipe.epochs * epochs.steps * epochs.batch_size / rate  # a smaller batch costs as much
