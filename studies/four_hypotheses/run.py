"""Train and measure one setting: a row of study.csv, in one to two minutes on two cores.

Only network, images and objective differ between settings. The rest is plain, whatever becomes of
the shipped recipes, and in float32. The fitted prior is smaller than a recipe's, and the same for
all.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import torch

import ballgen
from ballgen.data.imageset import ImageSet
from ballgen.data.sportballs.factors import CLASS_NAMES, REPORT_CLASSES, BallSettings
from ballgen.data.sportballs.sets import make_balls
from ballgen.experiment import Data, Experiment
from ballgen.models.losses import kl_to_standard_normal
from ballgen.models.vae import VariationalAutoencoder
from ballgen.priors import LatentFlow
from ballgen.recipes import Recipe
from ballgen.scores.metrics import sse
from studies.four_hypotheses.design import Setting

IMAGE_SIZE = 32  # px
TEST_IMAGES = 2000
FLOW = {"width": 256, "condition": 256, "steps": 1500, "batch_size": 256, "learning_rate": 2e-3}


def recipe_of(setting: Setting) -> Recipe:
    """The recipe of a setting."""
    loss: dict[str, str | float] = {"reconstruction": "sigma"}
    if setting.sigma is not None:
        # The Gaussian's loss, squared error / 2σ² + KL, times 2σ² over the values of an image.
        weight = 2 * setting.sigma**2 / (3 * IMAGE_SIZE**2)
        loss = {"reconstruction": "mse", "kl_weight": weight}
    return Recipe.from_dict(
        {
            "name": "study",
            "family": setting.family,
            "network": {"kind": "conv", "width": setting.width, "latent_dim": setting.latent_dim},
            "loss": loss,
            "optimizer": {
                "learning_rate": 2e-3,
                "schedule": "cosine",
                "warmup": 200,
                "ema_decay": 0.999,
            },
            "training": {"epochs": setting.epochs, "precision": "fp32"},
            "sampling": {"priors": ()},  # the one that is measured is fitted afterwards
            "scores": "fast",
        }
    )


def load_data(setting: Setting) -> Data:
    """Training and test images of a setting; every setting has as many test images."""
    counts = {"train": setting.images, "test": TEST_IMAGES}

    def load(split: str) -> ImageSet:
        if setting.classes == len(REPORT_CLASSES):
            return ballgen.load_images("sportballs", split, IMAGE_SIZE, limit=counts[split])
        balls = BallSettings(IMAGE_SIZE, CLASS_NAMES[: setting.classes])
        return make_balls(counts[split], split, settings=balls)

    return Data("sportballs", load("train"), load("test"))


def run(setting: Setting, seed: int = 0) -> dict[str, float]:
    """Train a setting and measure it: the figures of its row, by column.

    A seed changes weights, order and noise; the images are the same. Raises `InputError` if
    training diverges.
    """
    data = load_data(setting)
    with TemporaryDirectory() as folder:
        model = Experiment(recipe_of(setting), data, Path(folder), seed).run().model
    codes = model.encode(data.train.images())
    model.priors["flow"] = LatentFlow(**FLOW, seed=seed).fit(codes, data.train.labels)
    scores = ballgen.evaluate(
        model,
        data.test,
        "flow",
        seed=seed,
        groups=("reconstruction", "kid"),
        references=("real", "reconstructions", "normal"),
    )
    figures = {
        "kid_normal": scores["kid_normal"],
        "kid_flow": scores["kid"],
        "kid_reconstructions": scores["kid_reconstructions"],
        "kid_real": scores["kid_real"],
        "sse": scores["sse"],
        "parameters": model.parameter_count,
    }
    if isinstance(model, VariationalAutoencoder):
        figures |= rate_and_distortion(model, data.test.images(), seed)
    return figures


@torch.no_grad()
def rate_and_distortion(
    model: VariationalAutoencoder, images: torch.Tensor, seed: int = 0
) -> dict[str, float]:
    """The two terms that a VAE trades, per image (N, C, H, W): `kl` in nats and `sse_posterior`.

    Reconstructed from codes drawn from each image's posterior, as in training, not from its mean.
    """
    codes = model.sample_posterior(images, torch.Generator().manual_seed(seed))
    return {
        "kl": float(kl_to_standard_normal(*model.posterior(images))),
        "sse_posterior": sse(images, model.decode(codes)),
    }
