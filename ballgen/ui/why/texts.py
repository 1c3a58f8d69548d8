"""The sentences of the page that explains random samples, composed from a checkpoint's figures.

Each says what its figures say, and concludes nothing where they do not suffice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ballgen.util.wording import kid_text, prior_name, times

Figures = Mapping[str, float | int]

# Where a share of codes beyond the usual distance stops being a matter of chance (1 % would be),
# and where it is most of them.
FEW, MOST = 0.05, 0.5
LITTLE, MUCH = 0.25, 0.75  # of the KID between real images and samples of N(0, I)
WORSE = 1.2  # times the training error: more than the noise between epochs
UNUSED = 0.7  # of the latent dimensions: with fewer in use there is room to spare
UNIT_SD = (0.8, 1.25)  # standard deviations that are close to N(0, I)'s
NOT_YET = "Too early to say"


class Finding(NamedTuple):
    """What one checkpoint says to one of the report's four hypotheses.

    outcome   a few words
    evidence  the figures behind them
    """

    question: str
    outcome: str
    evidence: str


def percent(share: float) -> str:
    """ "98%", "1.4%", "0.3%": a digit more where it counts."""
    digits = 1 if 0 < share < 0.095 or 0.995 <= share < 1 else 0
    return f"{share:.{digits}%}"


def coverage_text(figures: Figures, family: str, fitted: str | None) -> str:
    """Step 1: where N(0, I) draws codes, and where a fitted prior does."""
    outside, distance = figures["out_of_support_normal"], figures["distance_normal"]
    often = "" if outside >= MOST else "often " if outside >= FEW else "rarely "
    held_out = "other codes that it was trained on" if family == "gan" else "held-out codes"
    decoder = "generator" if family == "gan" else "decoder"
    text = (
        f"**N(0, I) {often}draws codes unlike those that the {decoder} was trained on.** "
        f"{percent(outside)} of them lie further from the reference codes than 99% of {held_out} "
        f"do; their median distance is {distance:.1f} times theirs."
    )
    if not fitted:
        return text
    return (
        f"{text} With the {prior_name(fitted)} prior: "
        f"{percent(figures[f'out_of_support_{fitted}'])}, and "
        f"{figures[f'distance_{fitted}']:.1f} times."
    )


def reference_text(figures: Figures, family: str) -> str:
    """Below the map: what its grey dots are, and what a plane cannot show."""
    dots = {
        "gan": "draws of N(0, I), the only codes that the generator was trained on.",
        "vae": "codes of test images, with the posterior noise of training.",
    }.get(family, "codes of test images, which stand in for those of training images.")
    return (
        f"Grey: {dots} The map is the plane in which they vary most: it holds "
        f"{percent(figures['plane_variance_share'])} of their variance, so a cross inside the "
        "cloud may still be far away in the other dimensions. The histogram measures in all "
        f"{figures['latent_dim']}."
    )


def samples_text(normal: float | None, fitted: float | None) -> str:
    """Step 2: the KID of the fitted prior's samples against that of N(0, I); "" if unknown."""
    if normal is None or fitted is None:
        return ""
    if fitted >= normal:
        return "**The fitted prior does not lower the KID here.**"
    if fitted <= 0:
        return "**With the fitted prior the KID is not above zero.**"
    ratio = normal / fitted
    return (
        f"**With the fitted prior the KID is {ratio:,.{0 if ratio >= 10 else 1}f} times smaller.**"
    )


def unequal_text(last_epoch: Figures, family: str, prior: str, gibbs_steps: int) -> str:
    """Step 2: what else differs between the priors' samples; "" if nothing does."""
    parts = []
    if family != "gan" and "generator" in last_epoch:
        parts.append(
            "The last epochs fine-tuned this decoder against a discriminator, on codes of the "
            f"{prior_name(prior)} prior: it is more used to them than to the others'."
        )
    if gibbs_steps:
        parts.append(
            f"Codes of fitted priors take Gibbs steps: they are decoded and encoded again, "
            f"{times(gibbs_steps)}. Those of N(0, I) do not, which is part of the difference."
        )
    return " ".join(parts)


def path_text(distances: list[float], limit: float, prior: str, count: int) -> str:
    """Step 3: when the codes arrive; distances in units, at equal steps."""
    text = f"Drag. The same {count} codes go straight from N(0, I) to the {prior_name(prior)} prior"
    border = f"the limit of {limit:.1f} times the usual distance, which holds 99% of held-out codes"
    if distances[0] <= limit:
        return f"{text}. They are within {border}, from the start."
    if distances[-1] > limit:
        return f"{text}. They do not come within {border}."
    # The last step outside: a path may pass through the support before its end.
    outside = max(index for index, distance in enumerate(distances) if distance > limit)
    return f"{text}. After {(outside + 1) / (len(distances) - 1):.0%} they are within {border}."


def findings(
    figures: Figures, scores: Figures, last_epoch: Figures, family: str
) -> tuple[Finding, ...]:
    """Step 4: the report's four hypotheses, as far as one checkpoint can judge them.

    Nothing is concluded of a model whose reconstructions are no better than its random samples.
    """
    return (
        Finding("Is the model too small?", *_model_size(scores, family)),
        Finding("Too few images, or too similar ones?", *_data(scores, last_epoch, family)),
        Finding("Is the number of latent dimensions wrong?", *_latent_dim(figures, family)),
        Finding("Too little regularisation?", *_regularisation(figures, last_epoch, family)),
    )


def _reconstructs(scores: Figures) -> bool | None:
    """Whether reconstructions are nearer to real images than random samples; None if unknown."""
    normal, reconstructions = scores.get("kid_normal"), scores.get("kid_reconstructions")
    if normal is None or reconstructions is None:
        return None
    return reconstructions < normal or normal <= scores.get("kid_real", 0.0)


def _model_size(scores: Figures, family: str) -> tuple[str, str]:
    names = ("kid_normal", "kid_reconstructions", "kid_real")
    if any(scores.get(name) is None for name in names):
        return "Not measured", "No KID is stored with this checkpoint."
    normal, reconstructions, real = (scores[name] for name in names)
    if family == "gan":
        return (
            "The generator's own error",
            f"It draws from the codes that it was trained on. KID × 1000: {kid_text(normal)} for "
            f"its samples, {kid_text(real)} for real images.",
        )
    evidence = (
        f"KID × 1000: {kid_text(normal)} sampled with N(0, I), {kid_text(reconstructions)} "
        f"reconstructed, {kid_text(real)} for real images."
    )
    if normal <= real:
        return "Nothing is missing", f"{evidence} Samples are as near to real images as those are."
    if not _reconstructs(scores):
        return NOT_YET, f"{evidence} It does not reconstruct yet: train longer, then ask."
    share = max(0.0, (reconstructions - real) / (normal - real))
    outcome = "Mostly" if share >= MUCH else "In part" if share >= LITTLE else "Hardly"
    return outcome, f"{evidence} Given an image's own code, {percent(share)} of the gap remains."


def _data(scores: Figures, last_epoch: Figures, family: str) -> tuple[str, str]:
    train, test = last_epoch.get("mse"), scores.get("mse")
    if family == "gan":
        return (
            "Not measured",
            "A GAN does not train on reconstructions.",
        )
    if not train or not test:
        return "Not measured", "No reconstruction error of training and test images is stored."
    evidence = (
        f"Mean squared error per pixel and channel: {test:.5f} on test images, {train:.5f} on "
        "training images in the last epoch"
        + (", with the posterior noise of training." if family == "vae" else ".")
    )
    if _reconstructs(scores) is False:
        return NOT_YET, evidence
    if test > WORSE * train:
        return "Overfitting", f"{evidence} Test images are {percent(test / train - 1)} worse."
    return "No overfitting", f"{evidence} Other kinds of images may still be missing."


def _latent_dim(figures: Figures, family: str) -> tuple[str, str]:
    used, size = figures["components_99"], figures["latent_dim"]
    if family == "gan":
        return "Chosen, not learned", f"Its codes are draws of N(0, I) in {size} dimensions."
    noise = " (posterior noise included)" if family == "vae" else ""
    evidence = f"99% of the codes' variance{noise} lies in {used} of {size} directions."
    if used <= UNUSED * size:
        return "There is room to spare", f"{evidence} N(0, I) spreads over all of them alike."
    return "All of them are used", evidence


def _regularisation(figures: Figures, last_epoch: Figures, family: str) -> tuple[str, str]:
    if family == "gan":
        return "Does not arise", "A generator is trained on codes of N(0, I) itself."
    least, most = figures["code_sd_min"], figures["code_sd_max"]
    evidence = (
        f"Standard deviations of the latent dimensions: {least:.2g} to {most:.2g}; N(0, I) has 1."
    )
    if (kl := figures.get("gaussian_kl")) is not None:
        evidence += f" KL of a Gaussian fitted to all codes: {kl:,.0f} nats."
    if last_epoch.get("kl") is not None:
        evidence += f" KL of a single image's posterior: {last_epoch['kl']:,.0f} nats."
    outside, gaussian = figures["out_of_support_normal"], figures.get("out_of_support_gaussian")
    if outside < FEW and UNIT_SD[0] <= least and most <= UNIT_SD[1]:
        return "The codes are close to N(0, I)", evidence
    if gaussian is not None and outside >= FEW:
        evidence += f" {percent(gaussian)} of the full-covariance Gaussian's draws are outside too"
        evidence += ": the shape counts." if gaussian >= FEW else ": mean and covariance suffice."
    return "The codes are not N(0, I)", evidence
