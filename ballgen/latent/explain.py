"""Every score that explains a checkpoint's random samples, as the page states them."""

from __future__ import annotations

from ballgen.checkpoint.folder import Checkpoint
from ballgen.data.imageset import ImageSet
from ballgen.errors import InputError
from ballgen.latent.coverage import latent_coverage
from ballgen.latent.disentanglement import model_dci
from ballgen.scores.evaluate import evaluate
from ballgen.scores.groups import Scores


def explain(checkpoint: Checkpoint, images: ImageSet, seed: int = 0) -> Scores:
    """Scores of a checkpoint on test images, ready for JSON. Raises `InputError`.

    All of `latent_coverage`, and
    kid_PRIOR, kid_PRIOR_sd    KID of each prior's samples; kid_reconstructions and kid_real
    mse                        per pixel, of reconstructed test images
    epoch_mse, epoch_kl        of the last epoch of training, where it was recorded
    informativeness_, informativeness_linear_, dimension_, importance_FACTOR   see `FactorScores`
    disentanglement, completeness, dci_images     see `DCI`
    left_out                   what could not be computed, and why
    """
    model = checkpoint.model
    figures: Scores = dict(latent_coverage(model, images, seed))
    left_out = []
    for number, prior in enumerate(model.priors):
        first = number == 0  # what does not depend on the prior is measured once
        scores = evaluate(
            model,
            images,
            prior,
            seed,
            groups=("reconstruction", "kid") if first else ("kid",),
            references=("real", "reconstructions") if first else (),
        )
        for name in ("mse", "kid_reconstructions", "kid_real") if first else ():
            if name in scores:
                figures[name] = scores[name]
        if "kid" in scores:
            figures |= {f"kid_{prior}": scores["kid"], f"kid_{prior}_sd": scores["kid_sd"]}
        elif first:
            left_out.append(str(scores["left_out"]))
    last_epoch = checkpoint.history[-1] if checkpoint.history else {}
    figures |= {f"epoch_{name}": last_epoch[name] for name in ("mse", "kl") if name in last_epoch}
    try:
        figures |= _dci(checkpoint, images)
    except InputError as reason:
        left_out.append(f"dci: {reason}")
    figures |= {"seed": seed}
    return figures | ({"left_out": "; ".join(left_out)} if left_out else {})


def _dci(checkpoint: Checkpoint, images: ImageSet) -> Scores:
    scores = model_dci(checkpoint.model, images)
    figures: Scores = {}
    for one in scores.factors:
        factor = one.factor.replace(" ", "_")
        for name in ("informativeness", "informativeness_linear", "dimension", "importance"):
            figures[f"{name}_{factor}"] = getattr(one, name)
    return figures | {
        "disentanglement": scores.disentanglement,
        "completeness": scores.completeness,
        "dci_images": scores.image_count,
    }
