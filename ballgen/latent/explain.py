"""Every figure that explains a checkpoint's random samples, as the page states them."""

from __future__ import annotations

from ballgen.checkpoint.folder import Checkpoint
from ballgen.data.imageset import ImageSet
from ballgen.errors import InputError
from ballgen.latent.coverage import diagnose
from ballgen.latent.disentanglement import grade_model
from ballgen.scores.evaluate import evaluate

Figures = dict[str, float | int | str]


def explain(checkpoint: Checkpoint, images: ImageSet, seed: int = 0) -> Figures:
    """Figures of a checkpoint on test pictures, ready for JSON. Raises `InputError`.

    All of `diagnose`, and
    kid_PRIOR, kid_PRIOR_sd    KID of each prior's samples; kid_reconstructions and kid_real
    mse                        per pixel, of rebuilt test pictures
    epoch_mse, epoch_kl        of the last epoch of training, where it was recorded
    held_, straight_, dimension_, share_FACTOR   see `grading.Grade`
    disentanglement, completeness, graded        see `grading.Grading`
    left_out                   what could not be computed, and why
    """
    model = checkpoint.model
    figures: Figures = dict(diagnose(model, images, seed))
    left_out = []
    for number, prior in enumerate(model.priors):
        first = number == 0  # what does not depend on the prior is measured once
        scores = evaluate(
            model,
            images,
            prior,
            seed,
            groups=("reconstruction", "kid") if first else ("kid",),
            anchors=("real", "reconstructions") if first else (),
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
        figures |= _grades(checkpoint, images)
    except InputError as reason:
        left_out.append(f"grades: {reason}")
    figures |= {"seed": seed}
    return figures | ({"left_out": "; ".join(left_out)} if left_out else {})


def _grades(checkpoint: Checkpoint, images: ImageSet) -> Figures:
    grading = grade_model(checkpoint.model, images)
    figures: Figures = {}
    for grade in grading.grades:
        factor = grade.factor.replace(" ", "_")
        for name in ("held", "straight", "dimension", "share"):
            figures[f"{name}_{factor}"] = getattr(grade, name)
    return figures | {
        "disentanglement": grading.disentanglement,
        "completeness": grading.completeness,
        "graded": grading.pictures,
    }
