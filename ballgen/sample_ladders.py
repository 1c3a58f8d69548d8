"""Ladders of samples: a model that trains, and priors that fit its codes better and worse.

What is known of their order: real images come first; samples of a prior that was fitted to the
codes become better from epoch to epoch; after the last one reconstructions come before samples of a
fitted prior, and those before samples of N(0, I). Of N(0, I) from epoch to epoch nothing is known:
codes may move towards it or away from it.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from ballgen.data.decode import resize
from ballgen.data.imageset import ImageSet
from ballgen.models import Model, build_model
from ballgen.priors import GaussianMixture, LatentFlow
from ballgen.recipes import get_recipe
from ballgen.scores.ladders import MAX_IMAGES, Ladder, check_count
from ballgen.training.epochs import Epochs
from ballgen.training.loop import run_stage
from ballgen.training.progress import TrainingBar
from ballgen.training.stages import plan_steps, training_stage
from ballgen.training.state import TrainState

EPOCHS = (30, 10, 3, 1)  # of the samples, the best first
FITTED = ("mixture", "flow")
SIZE = 32  # px: larger images are made smaller, so that it takes minutes
RECIPE = get_recipe("ae").changed(
    {
        "network.width": 16,
        "network.latent_dim": 24,
        "optimizer.warmup": 30,
        "training.epochs": EPOCHS[0],
        "training.precision": "fp32",
        "finetuning": "none",
    }
)


def sample_ladders(
    train: ImageSet, test: ImageSet, seed: int = 0
) -> tuple[Tensor, dict[str, Ladder]]:
    """Real images (N, C, H, W) to compare with, and the ladders of a small autoencoder.

    train  what it learns from, of which 2,000 images are used at most
    test   of which one half is compared with, and the other reconstructed

    Takes two minutes of a core. Raises `InputError` for fewer than 200 images of a split.
    """
    check_count(train)
    check_count(test)
    train, test = (
        _small(images.stratified_subset(min(len(images), MAX_IMAGES), seed))
        for images in (train, test)
    )
    real, others = test.images().chunk(2)
    samples: dict[tuple[str, int], Tensor] = {}

    def keep_samples(state: TrainState) -> bool:
        bar.on_step(state)
        epoch, begun = epochs.at(state.step)
        if epoch in EPOCHS and not begun:
            model = state.result
            _fit_priors(model, train)
            for prior in (*FITTED, "normal"):
                samples[prior, epoch] = model.sample(len(others), seed, prior)
        return True

    model = build_model(RECIPE, train.image_shape, train.class_names, train.class_shares, seed)
    model.init_output_bias(train.mean_colour)
    epochs = Epochs.of(len(train), RECIPE.training.batch_size)
    state = TrainState(model, plan_steps(RECIPE, epochs.steps * EPOCHS[0]), seed=seed)
    with TrainingBar("samples", len(train)) as bar:
        run_stage(training_stage(model), state, train, keep_samples)

    last = EPOCHS[0]
    reconstructions = state.result.reconstruct(others)
    ladders = {}
    for prior in FITTED:
        ladders[f"epochs, {prior}"] = [others, *(samples[prior, epoch] for epoch in EPOCHS)]
        ladders[f"N(0, I) and {prior}"] = [
            others,
            reconstructions,
            samples[prior, last],
            samples["normal", last],
        ]
    return real, ladders


def _small(images: ImageSet) -> ImageSet:
    channels, size, _ = images.image_shape
    pixels = resize(images.pixels.numpy(), min(size, SIZE), channels)
    return replace(images, pixels=torch.from_numpy(pixels))


def _fit_priors(model: Model, images: ImageSet) -> None:
    codes = model.encode(images.images())
    small_flow = LatentFlow(width=128, batch_size=256)
    for prior in (GaussianMixture(), small_flow):
        model.priors[prior.name] = prior.fit(codes, images.labels)
