"""Why random samples may fail: the length of training, and the report's four hypotheses.

Each cause gets a verdict from a model's figures, as those in `verdicts`.
"""

from __future__ import annotations

from ballgen.scores.verdicts import (
    MEMORISED,
    NOT_YET,
    UNKNOWN,
    Figures,
    Verdict,
    collapsed,
    few,
    fitting,
    kid_references,
    untrained,
)
from ballgen.util.wording import kid_text, percent

LITTLE, MUCH = 0.25, 0.75  # of the KID between real images and samples of N(0, I)
UNUSED = 0.7  # of the latent dimensions: with fewer in use there is room to spare
UNIT_SD = (0.8, 1.25)  # standard deviations that are close to N(0, I)'s
LONG_AGO = 0.7  # of the epochs: a best one before was followed by overfitting


def causes(figures: Figures, family: str) -> tuple[Verdict, ...]:
    """Why random samples may fail: the length of training, and the report's four hypotheses."""
    return (
        training(figures, family),
        fitting(figures, family),
        model_size(figures, family),
        latent_dim(figures, family),
        regularisation(figures, family),
    )


def training(figures: Figures, family: str) -> Verdict:
    """Whether it was trained for long enough."""
    question = "Is it trained for long enough?"
    if found := untrained(figures, family):
        return found._replace(question=question)
    if family == "gan":
        if not (ends := kid_references(figures)):
            return Verdict(question, UNKNOWN, "No KID is stored with this checkpoint.")
        return Verdict(question, "Past the beginning", f"{ends}.")
    mse, mean = figures.get("mse"), figures.get("mse_mean_image")
    if mse is None or not mean:
        return Verdict(question, UNKNOWN, "No error of the mean image is stored to compare with.")
    evidence = f"Squared error of test images: {mse:.5f}, where the mean image has {mean:.4f}."
    outcome, more = _since_the_best(figures)
    return Verdict(question, outcome, f"{evidence} {more}".strip())


def _since_the_best(figures: Figures) -> tuple[str, str]:
    """What a trained model's best epoch by validation says, where it was validated."""
    if not (best := figures.get("best")):
        return "Past the beginning", ""
    epoch, epochs = best["epoch"], best["epochs"]
    if epoch == epochs:
        return "Still improving", f"Its last epoch, {epoch}, was its best by validation: train on."
    if epoch < LONG_AGO * epochs:
        return (
            "Longer than it helps",
            f"Its best epoch by validation was {epoch} of {epochs}: training.keep_best=true ends a "
            "training with its best one.",
        )
    return "Long enough", f"Its best epoch by validation was {epoch} of {epochs}."


def model_size(figures: Figures, family: str) -> Verdict:
    """What part of the samples' distance to real images remains with images' own codes."""
    question = "Is the model too small?"
    names = ("kid_normal", "kid_reconstructions", "kid_real")
    if any(figures.get(name) is None for name in names):
        return Verdict(question, UNKNOWN, "No KID is stored with this checkpoint.")
    normal, reconstructed, real = (figures[name] for name in names)
    if untrained(figures, family):
        return Verdict(question, NOT_YET, "Only a trained model shows what its size allows.")
    if family == "gan":
        return Verdict(
            question,
            "The generator's own error",
            f"It draws from the codes that it was trained on. {kid_references(figures)}.",
        )
    if fitting(figures, family).outcome == MEMORISED:
        return Verdict(
            question, "Large enough to learn its images by heart", "See the images first."
        )
    evidence = (
        f"KID × 1000: {kid_text(normal)} sampled with N(0, I), {kid_text(reconstructed)} "
        f"reconstructed, {kid_text(real)} for real images."
    )
    if normal <= real:
        return Verdict(
            question,
            "Nothing is missing",
            f"{evidence} Samples are as near to real images as those are.",
        )
    if reconstructed >= normal:
        return Verdict(
            question, NOT_YET, f"{evidence} It does not reconstruct yet: train longer, then ask."
        )
    share = max(0.0, (reconstructed - real) / (normal - real))
    outcome = "Mostly" if share >= MUCH else "In part" if share >= LITTLE else "Hardly"
    return Verdict(
        question, outcome, f"{evidence} Given an image's own code, {percent(share)} of the gap "
        "remains.",
    )  # fmt: skip


def latent_dim(figures: Figures, family: str) -> Verdict:
    """How many of the latent dimensions the codes use."""
    question = "Is the number of latent dimensions wrong?"
    used, size = figures["components_99"], figures["latent_dim"]
    if family == "gan":
        return Verdict(
            question,
            "Chosen, not learned",
            f"Its codes are draws of N(0, I) in {size} dimensions.",
        )
    if untrained(figures, family):
        return Verdict(question, NOT_YET, "Codes of an untrained encoder use what chance gave it.")
    means = " of the posteriors' means" if family == "vae" else ""
    evidence = f"99% of the codes' variance{means} lies in {used} of {size} directions."
    if used <= UNUSED * size:
        return Verdict(
            question,
            "There is room to spare",
            f"{evidence} N(0, I) spreads over all of them alike.",
        )
    return Verdict(question, "All of them are used", evidence)


def regularisation(figures: Figures, family: str) -> Verdict:
    """How near the codes' distribution is to N(0, I)."""
    question = "Too little regularisation?"
    if family == "gan":
        return Verdict(
            question, "Does not arise", "A generator is trained on codes of N(0, I) itself."
        )
    if untrained(figures, family):
        return Verdict(question, NOT_YET, "The codes still change with every epoch.")
    low, high = figures["code_sd_min"], figures["code_sd_max"]
    evidence = (
        f"Standard deviations of the latent dimensions: {low:.2g} to {high:.2g}; N(0, I) has 1."
    )
    if (kl := figures.get("gaussian_kl")) is not None:
        evidence += f" KL of a Gaussian fitted to all codes: {kl:,.0f} nats."
    if figures.get("epoch_kl") is not None:
        evidence += f" KL of a single image's posterior: {figures['epoch_kl']:,.0f} nats."
    outside = max(figures["out_of_support_normal"], figures["length_outside_normal"])
    if outside < few(figures) and UNIT_SD[0] <= low and high <= UNIT_SD[1]:
        return Verdict(question, "The codes are close to N(0, I)", evidence)
    gaussian = figures.get("out_of_support_gaussian")
    if gaussian is not None and outside >= few(figures) and not collapsed(figures, "gaussian"):
        said = "no more than chance has it: mean and covariance suffice"
        if gaussian >= few(figures):
            said = "too: the shape counts"
        drawn = f"Of the full-covariance Gaussian's draws {percent(gaussian)}"
        evidence += f" {drawn} are outside, {said}."
    return Verdict(question, "The codes are not N(0, I)", evidence)
