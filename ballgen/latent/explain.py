"""Every score that explains a checkpoint's random samples, as the page states them."""

from ballgen.checkpoint.folder import Checkpoint
from ballgen.data.imageset import ImageSet
from ballgen.errors import InputError
from ballgen.latent.coverage import latent_coverage
from ballgen.latent.disentanglement import model_dci
from ballgen.models import Model
from ballgen.scores.evaluate import evaluate
from ballgen.scores.groups import FAST, REFERENCES, Scores


def explain(checkpoint: Checkpoint, images: ImageSet, seed: int = 0) -> Scores:
    """Scores of a checkpoint on test images, ready for JSON.

    All of `latent_coverage`, and
    kid_PRIOR, kid_PRIOR_sd    KID of each prior's samples; kid_reconstructions, kid_real,
                               kid_mean_image and kid_noise
    diversity                  of N(0, I)'s samples, see `evaluate`
    mse, mse_mean_image        per pixel, of reconstructed test images and of the mean image
    epoch_mse, epoch_kl        of the last epoch of training, where it was recorded
    informativeness_, informativeness_linear_, dimension_, importance_FACTOR   see `FactorScores`
    disentanglement, completeness, dci_images     see `DCI`
    left_out                   what could not be computed, and why
    Raises `InputError` as `latent_coverage` does.
    """
    model = checkpoint.model
    scores: Scores = dict(latent_coverage(model, images, seed))
    left_out = []
    normal = evaluate(
        model, images, "normal", seed, groups=FAST,
        references=("real", "reconstructions", "mean_image", "noise"),
    )  # fmt: skip
    if "left_out" in normal:
        left_out.append(str(normal["left_out"]))
    kept = ("mse", "mse_mean_image", "diversity", *(f"kid_{name}" for name in REFERENCES))
    scores |= {name: normal[name] for name in kept if name in normal}
    for prior in model.priors:
        own = normal
        if prior != "normal":
            own = evaluate(model, images, prior, seed, groups=("kid",), references=())
        if "kid" in own:
            scores |= {f"kid_{prior}": own["kid"], f"kid_{prior}_sd": own["kid_sd"]}
    last_epoch = checkpoint.history[-1] if checkpoint.history else {}
    scores |= {f"epoch_{name}": last_epoch[name] for name in ("mse", "kl") if name in last_epoch}
    try:
        scores |= _dci(model, images)
    except InputError as reason:
        left_out.append(f"dci: {reason}")
    scores["seed"] = seed
    return scores | ({"left_out": "; ".join(left_out)} if left_out else {})


def _dci(model: Model, images: ImageSet) -> Scores:
    found = model_dci(model, images)
    scores: Scores = {}
    for one in found.factors:
        factor = one.factor.replace(" ", "_")
        for name in ("informativeness", "informativeness_linear", "dimension", "importance"):
            scores[f"{name}_{factor}"] = getattr(one, name)
    return scores | {
        "disentanglement": found.disentanglement,
        "completeness": found.completeness,
        "dci_images": found.image_count,
    }
