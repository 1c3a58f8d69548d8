"""Why random samples fail, in three answers: the decoder, the latents, and another prior.

Each is a `Verdict` whose outcome is a word or two. The three conclude nothing where there is
nothing to ask: a model that learned nothing yet gets one answer, to train longer, and so does one
whose samples do not fail. So does a GAN, for its generator knows no other latents than N(0, I)'s.
"""

from __future__ import annotations

import math

from ballgen.scores.verdicts import (
    COPIES,
    FAR,
    MEMORISED,
    MIN_TEST_IMAGES,
    MOST,
    UNKNOWN,
    Figures,
    Verdict,
    copying,
    few,
    fitting,
    kid_references,
    untrained,
)
from ballgen.util.wording import kid_text, percent, prior_name

YES, PARTLY, NO = "Yes", "In part", "No"
GATE, NO_FAILURE, NOT_TRIED, BY_COPYING = (
    "Train longer, then ask",
    "They do not",
    "Not tried",
    "Only by copying",
)
LITTLE, MUCH = 0.25, 0.75  # of the KID between real images and samples of N(0, I)
HELPS, HARDLY = 0.5, 0.1  # of the same, that another prior removes
BLURRED = 0.15  # of the mean image's squared error: reconstructions with more are not good
SURE = 2  # standard deviations


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
            "It knows its training images by heart: the squared error of test images is "
            f"{mse / figures['mse_train']:.1f} times as large.",
        )
    evidence = (
        "Reconstructions of test images, which it never saw, have "
        f"{percent(mse / mean)} of the mean image's squared error"
    )
    good = mse < BLURRED * mean
    if (share := _share_with_own_latents(figures)) is None:
        return Verdict(question, NO if good else PARTLY, f"{evidence}.")
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
        place = "in the hollow middle" if length < median else "further out"
        evidence = (
            f"{percent(by_length)} of N(0, I)'s latents are of a length that images' ones do not "
            f"have: {length:.1f} from the centre, {place}; theirs is {median:.1f}."
        )
    if strongest >= MOST or distance >= FAR:
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


def _share_with_own_latents(figures: Figures) -> float | None:
    """What part of the samples' distance to real images remains with images' own latents."""
    reconstructed = figures.get("kid_reconstructions")
    if reconstructed is None or not _fails(figures):
        return None
    real = figures["kid_real"]
    return max(0.0, (reconstructed - real) / (figures["kid_normal"] - real))


def _kids(figures: Figures) -> str:
    normal, real = kid_text(figures["kid_normal"]), kid_text(figures["kid_real"])
    return f"KID × 1000 {normal} for samples of N(0, I), {real} for real images"
