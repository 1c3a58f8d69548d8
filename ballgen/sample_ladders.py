"""Ladders of samples: a model that trains, and priors that fit its codes better and worse.

What is known of their order: real images come first; samples of a prior that was fitted to the
codes become better from epoch to epoch; after the last one reconstructions of the images that the
prior was fitted to come before its samples, and those before samples of N(0, I). Of other images
they need not: a small set's own are reconstructed better. Of N(0, I) from epoch to epoch nothing is
known: codes may move towards it or away from it.
"""

from dataclasses import replace

import torch
from torch import Tensor

from ballgen.data.decode import resize
from ballgen.data.imageset import ImageSet
from ballgen.models import Model, build_model
from ballgen.priors import GaussianMixture, LatentFlow
from ballgen.recipes import get_recipe
from ballgen.scores.ladders import Steps, check_count, one_draw
from ballgen.training.epochs import Epochs
from ballgen.training.loop import run_stage
from ballgen.training.progress import TrainingBar
from ballgen.training.stages import plan_steps, training_stage
from ballgen.training.state import TrainState
from ballgen.util.checks import generator_of

EPOCHS = (30, 10, 3, 1)  # of the samples, the best first
FITTED = ("mixture", "flow")
MAX_IMAGES = 2000  # of training, and as many of the test images
SIZE = 32  # px: larger images are made smaller, so that it takes minutes
RECIPE = get_recipe("ae").changed(
    {
        "network.width": 16,
        "network.latent_dim": 24,
        "optimizer.warmup": 30,
        "training.epochs": EPOCHS[0],
        "training.batch_size": 16,  # an epoch of few images is to be more than a start
        "training.precision": "fp32",
        "finetuning": "none",
        "sampling.gibbs_steps": 0,
    }
)


def sample_ladders(
    train: ImageSet, test: ImageSet, seed: int = 0
) -> tuple[Tensor, Tensor, dict[str, Steps]]:
    """Real images (N, C, H, W) to compare with, others (M, C, H, W), and the ladders they make.

    train  what it learns from, of which 2,000 images are used at most
    test   of which one half is compared with, and the other is the best step

    Takes two minutes of a core. Raises `InputError` for fewer than 200 images of a split.
    """
    check_count(train)
    check_count(test)
    train, test = (
        _small(images.stratified_subset(min(len(images), MAX_IMAGES), seed))
        for images in (train, test)
    )
    # Not as they stand in the file: of MNIST's test images the first half is the cleaner one.
    halves = torch.randperm(len(test), generator=generator_of(seed)).chunk(2)
    real, others = (test.images(half) for half in halves)
    sets = {"real": others}

    def keep_samples(state: TrainState) -> bool:
        bar.on_step(state)
        epoch, begun = epochs.at(state.step)
        if epoch in EPOCHS and not begun:
            model = state.result
            _fit_priors(model, train)
            for prior in (*FITTED, "normal") if epoch == EPOCHS[0] else FITTED:
                sets[f"{prior} {epoch}"] = model.sample(len(others), seed, prior)
        return True

    model = build_model(RECIPE, train.image_shape, train.class_names, train.class_shares, seed)
    model.init_output_bias(train.mean_colour)
    epochs = Epochs.of(len(train), RECIPE.training.batch_size)
    state = TrainState(model, plan_steps(RECIPE, epochs.steps * EPOCHS[0]), seed=seed)
    with TrainingBar("samples", len(train)) as bar:
        run_stage(training_stage(model), state, train, keep_samples)

    sets["reconstructions"] = state.result.reconstruct(train.images()[: len(others)])
    images, steps = one_draw(list(sets.values()))
    step = dict(zip(sets, steps, strict=True))
    ladders, last = {}, EPOCHS[0]
    for prior in FITTED:
        of_epochs = [f"{prior} {epoch}" for epoch in EPOCHS]
        of_priors = ["reconstructions", f"{prior} {last}", f"normal {last}"]
        ladders[f"epochs, {prior}"] = [step[name] for name in ("real", *of_epochs)]
        ladders[f"N(0, I) and {prior}"] = [step[name] for name in ("real", *of_priors)]
    return real, images, ladders


def _small(images: ImageSet) -> ImageSet:
    channels, size, _ = images.image_shape
    pixels = resize(images.pixels.numpy(), min(size, SIZE), channels)
    return replace(images, pixels=torch.from_numpy(pixels))


def _fit_priors(model: Model, images: ImageSet) -> None:
    codes = model.encode(images.images())
    # The flow is smaller than a checkpoint's, to be fitted in seconds.
    for prior in (GaussianMixture(), LatentFlow(width=128, batch_size=256)):
        model.priors[prior.name] = prior.fit(codes, images.labels)
