"""The figures of one trained model, all against the same real pictures."""

from __future__ import annotations

import math

import torch

from ballgen.checkpoint.folder import Checkpoint
from ballgen.data.imageset import ImageSet
from ballgen.errors import InputError
from ballgen.experiment import load_data
from ballgen.models.base import CHUNK
from ballgen.models.losses import kl_to_standard_normal
from ballgen.models.vae import VariationalAutoencoder
from ballgen.priors import LatentFlow
from ballgen.scores.evaluate import CHEAP, evaluate
from ballgen.scores.metrics import sse
from studies.four_hypotheses.design import Design, Trial
from studies.four_hypotheses.pictures import pictures_of, real_pictures

# The flow as it was when the first rows were made, whatever recipes fit by now: rows must compare.
AS_EVER = {"learning_rate": 2e-3, "condition": 256}


def measure(design: Design, trial: Trial, checkpoint: Checkpoint) -> dict[str, float]:
    """What a row holds beside the times. Raises `InputError` if a figure is not to be had.

    The KID of N(0, I) is the one stored with the checkpoint, unless that was scored on fewer
    pictures than the study asks for.
    """
    model, (setting, seed) = checkpoint.model, trial
    test = real_pictures(design, setting)
    source, loading = pictures_of(design, setting)
    train = load_data(source, model.recipe, seed=seed, **loading).train
    flow = LatentFlow(**AS_EVER | design.flow, seed=seed)
    model.priors["flow"] = flow.fit(model.encode(train.images()), train.labels)

    anchors = ("real", "reconstructions")
    scores = evaluate(model, test, "flow", seed=seed, groups=CHEAP, anchors=anchors)
    if checkpoint.record["data"]["test_digest"] == test.digest:
        normal = checkpoint.scores["kid_normal"]
    else:
        normal = evaluate(model, test, "normal", seed=seed, groups=("kid",), anchors=())["kid"]
    figures = {
        "kid_normal": normal,
        "kid_flow": scores["kid"],
        "kid_reconstructions": scores["kid_reconstructions"],
        "kid_real": scores["kid_real"],
        "sse": scores["sse"],
        "parameters": model.parameter_count,
    }
    if isinstance(model, VariationalAutoencoder):
        figures |= rate_and_distortion(model, test, seed)
    if wrong := [name for name, value in figures.items() if not math.isfinite(value)]:
        raise InputError(f"{trial}: {wrong[0]} is no number, so the model did not train")
    return figures


def rate_and_distortion(
    model: VariationalAutoencoder, images: ImageSet, seed: int
) -> dict[str, float]:
    """`kl` (nats) and `sse_posterior`, both per picture: the two terms that a VAE trades.

    Rebuilt from codes drawn from each picture's posterior, as in training, not from its mean.
    """
    generator = torch.Generator().manual_seed(seed)
    originals = images.images()
    rebuilt = model.decode(model.sample_posterior(originals, generator))
    with torch.inference_mode():
        kl = sum(
            float(kl_to_standard_normal(*model.posterior(part))) * len(part)
            for part in originals.split(CHUNK)
        )
    return {"kl": kl / len(originals), "sse_posterior": sse(originals, rebuilt)}
