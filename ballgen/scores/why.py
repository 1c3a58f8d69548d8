"""Why random samples fail: three answers, and the length of training with the four hypotheses.

The three answers, on the decoder, the latents and another prior, have an outcome of a word or two,
and conclude nothing where there is nothing to ask: a model that learned nothing yet gets one, to
train longer, and so does one whose samples do not fail. So does a GAN, for its generator knows no
other latents than N(0, I)'s. The report's hypotheses, `causes`, are judged for every model.
"""

import math

from ballgen.scores.verdicts import (
    COPIES,
    FAR,
    MAJORITY,
    MEMORISED,
    MIN_TEST_IMAGES,
    NOT_YET,
    UNKNOWN,
    Figures,
    Verdict,
    collapsed,
    copying,
    few,
    fitting,
    kid_references,
    untrained,
)
from ballgen.util.wording import kid_text, percent, prior_name

YES, PARTLY, NO = "Yes", "In part", "No"
GATE, NO_FAILURE, NOT_TRIED, BY_COPYING, NOT_SHOWN = (
    "Train longer, then ask",
    "They do not",
    "Not tried",
    "Only by copying",
    "Cannot be said",
)
LITTLE, MUCH = 0.25, 0.75  # of the KID between real images and samples of N(0, I)
HELPS, HARDLY = 0.5, 0.1  # of the same, that another prior removes
BLURRED = 0.15  # of the mean image's squared error: reconstructions with more are not good
SURE = 2  # standard deviations
UNUSED = 0.7  # of the latent dimensions: with fewer in use there is room to spare
UNIT_SD = (0.8, 1.25)  # standard deviations that are close to N(0, I)'s
LONG_AGO = 0.7  # of the epochs: a best one before was followed by overfitting


def answers(figures: Figures, family: str, fitted: str | None) -> tuple[Verdict, ...]:
    """The three answers, or the single one that there is to give.

    figures  by the names of `evaluate` and `latent_coverage`, `kid_PRIOR` for each measured prior
    fitted   the prior to compare with N(0, I); None if there is none
    """
    why = "Why do random samples fail?"
    if first := untrained(figures, family):
        return (Verdict(why, GATE, f"{first.outcome}. {first.evidence}"),)
    if family == "gan":
        return (_generator(figures),)
    if _fails(figures) is False:
        evidence = f"They are as near to real images as those are to each other: {_kids(figures)}."
        if copying(figures, family).outcome == COPIES:
            evidence += " But samples of this model are copies of training images."
        return (Verdict(why, NO_FAILURE, evidence),)
    return (
        decoder(figures, family),
        latents(figures, family),
        other_prior(figures, family, fitted),
    )


def decoder(figures: Figures, family: str) -> Verdict:
    """Whether the decoder fails with images' own latents, too."""
    question = "Is it the decoder?"
    mse, mean = figures.get("mse"), figures.get("mse_mean_image")
    if mse is None or not mean:
        return Verdict(question, UNKNOWN, "No reconstruction error is stored with this model.")
    if (count := figures.get("reconstruction_count", MIN_TEST_IMAGES)) < MIN_TEST_IMAGES:
        return Verdict(
            question,
            "Too few test images",
            f"{MIN_TEST_IMAGES} are needed to say, there are {count}.",
        )
    if fitting(figures, family).outcome == MEMORISED:
        return Verdict(
            question,
            YES,
            "It memorised its training images: the squared error of test images is "
            f"{mse / figures['mse_train']:.1f} times as large.",
        )
    evidence = (
        "Reconstructions of test images, which it never saw, have "
        f"{percent(mse / mean)} of the mean image's squared error"
    )
    good = mse < BLURRED * mean
    if "kid_reconstructions" not in figures or not _fails(figures):
        return Verdict(question, NO if good else PARTLY, f"{evidence}.")
    share = _share_left(figures)
    outcome = YES if share >= MUCH else NO if good and share < LITTLE else PARTLY
    return Verdict(
        question,
        outcome,
        f"{evidence} and KID × 1000 {kid_text(figures['kid_reconstructions'])}; random samples "
        f"have {kid_text(figures['kid_normal'])}.",
    )


def latents(figures: Figures, family: str) -> Verdict:
    """Whether N(0, I) draws latents that the decoder was not trained on."""
    question = "Is it the latents?"
    if "out_of_support_normal" not in figures:
        return Verdict(question, UNKNOWN, "The latents of test images were not measured.")
    outside, distance = figures["out_of_support_normal"], figures["distance_normal"]
    by_length = figures["length_outside_normal"]
    strongest = max(outside, by_length)
    evidence = (
        f"{percent(outside)} of N(0, I)'s latents lie further from those of test images than 99% "
        f"of held-out ones do, at {distance:.1f} times their median distance."
    )
    if by_length >= few(figures) and by_length > outside:
        length, median = figures["length_normal"], figures["length"]
        place = "nearer" if length < median else "farther"
        evidence = (
            f"{percent(by_length)} of N(0, I)'s latents are of a length that images' ones do not "
            f"have: they are {length:.1f} from the centre, {place} than images' at {median:.1f}."
        )
    if strongest >= MAJORITY or distance >= FAR:
        return Verdict(question, YES, evidence)
    if strongest >= few(figures):
        return Verdict(question, PARTLY, evidence)
    # The same decoder, other latents: what is left is where they lie, even unseen by distance.
    if decoder(figures, family).outcome == NO and _fails(figures):
        return Verdict(
            question,
            YES,
            f"Distances hardly show it: {evidence} But the decoder draws well from the latents of "
            "images and badly from these.",
        )
    if fitting(figures, family).outcome == MEMORISED:
        return Verdict(
            question,
            NOT_SHOWN,
            "The decoder memorised its training images, so latents of test images are new to it, "
            f"too, and distances to them show nothing. {evidence}",
        )
    return Verdict(question, NO, evidence)


def other_prior(figures: Figures, family: str, fitted: str | None) -> Verdict:
    """Whether the same decoder draws better from a fitted prior's latents."""
    question = "Does another prior help?"
    if not fitted:
        return Verdict(question, NOT_TRIED, "No prior was fitted to the latents of this model.")
    normal, other = figures.get("kid_normal"), figures.get(f"kid_{fitted}")
    name = prior_name(fitted)
    if normal is None or other is None:
        return Verdict(question, UNKNOWN, f"The samples of the {name} prior have no KID yet.")
    real = figures.get("kid_real", 0.0)
    sd = math.hypot(*(figures.get(f"kid_{prior}_sd", 0.0) for prior in ("normal", fitted)))
    evidence = (
        f"Same decoder, other latents: KID × 1000 {kid_text(normal)} under N(0, I), "
        f"{kid_text(other)} under the {name} prior"
    )
    if "kid_reconstructions" in figures:
        evidence += f"; reconstructions have {kid_text(figures['kid_reconstructions'])}"
    evidence += f"; real images have {kid_text(real)}." if "kid_real" in figures else "."
    gain = normal - other
    if gain <= SURE * sd or gain < HARDLY * (normal - real):
        return Verdict(question, NO, evidence)
    if (copies := copying(figures, family)).outcome == COPIES:
        return Verdict(question, BY_COPYING, f"{evidence} {copies.evidence}")
    return Verdict(question, YES if gain >= HELPS * (normal - real) else PARTLY, evidence)


def _generator(figures: Figures) -> Verdict:
    """The only answer for a GAN, true of any that is trained."""
    evidence = (
        "A generator is trained on draws of N(0, I) itself: where its samples fall short, the "
        "generator does, not the prior."
    )
    ends = kid_references(figures)
    return Verdict("Is it the latents?", NO, f"{evidence} {ends}." if ends else evidence)


def _fails(figures: Figures) -> bool | None:
    """Whether samples of N(0, I) are further from real images than chance has it; None unknown."""
    normal, real = figures.get("kid_normal"), figures.get("kid_real")
    if normal is None or real is None:
        return None
    sds = (figures.get(f"kid_{name}_sd", 0.0) for name in ("normal", "real"))
    return normal > real + SURE * math.hypot(*sds)


def _share_left(figures: Figures) -> float:
    """What part of the samples' distance to real images remains with images' own latents."""
    normal, real = figures["kid_normal"], figures["kid_real"]
    return max(0.0, (figures["kid_reconstructions"] - real) / (normal - real))


def _kids(figures: Figures) -> str:
    normal, real = kid_text(figures["kid_normal"]), kid_text(figures["kid_real"])
    return f"KID × 1000 {normal} for samples of N(0, I), {real} for real images"


# --- the hypotheses ------------------------------------------------------------------------------


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
        evidence = f"Its last epoch, {epoch}, was its best by validation: nothing is overfitted."
        return "More may help", evidence
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
        return Verdict(question, "Large enough to memorise its images", "See the images first.")
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
    share = _share_left(figures)
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
            f"Its codes are draws of N(0, I), and of a class if it is told one: {size} numbers.",
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
    return Verdict(question, "Nearly all of them are used", evidence)


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
