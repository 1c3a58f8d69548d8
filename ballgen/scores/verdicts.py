"""What a model's figures say: every conclusion that pages, cards and tables draw.

A verdict has its precondition: where that fails, it says so and concludes nothing else. "Not
trained yet" comes before all others, for whatever else such a model shows is no property of it. A
figure stands between two reference scores that were measured on the same images.

All take `figures` by the names that `evaluate` and `latent_coverage` give; what a checkpoint was
not measured for is missing there, and then nothing is said of it.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ballgen.scores.copying import chance_of_copies
from ballgen.util.history import best_epoch
from ballgen.util.wording import kid_text, percent, prior_name, times

Figures = Mapping[str, Any]

# Where a share of codes beyond 99% of held-out ones stops being a matter of chance (1 % would be),
# and where it is most of them. Of N held-out codes the outermost is one; chance makes it some.
FEW, FEW_CODES, MAJORITY = 0.05, 3, 0.5
# Median distance of codes, in that of held-out ones: where some of these lie far out, hardly any
# drawn code is further, and yet none is where most of them are.
FAR = 1.5
WORSE, MUCH_WORSE = 1.2, 2.0  # times the training error: more than chance, and a large part of it
UNEXPLAINED = 0.7  # of the mean image's error: with more, nothing much was learned
UNLIKE = 0.5  # of the way from real images to the mean image or noise, in KID
ALIKE = 0.5  # of the real images' diversity, or of the codes' spread
EMPTY_NATS = 1.0  # KL of a posterior that tells an image from the others
MIN_TEST_IMAGES = 20  # whose errors are compared with those of training images
MANY_COPIES = 0.1  # share of samples
SURPRISE = 0.05  # a chance below is no chance
NOT_YET = "Too early to say"
UNKNOWN = "Not measured"


def known_figures(
    scores: Figures, history: list[dict[str, float]], keep_best: bool = False
) -> dict[str, Any]:
    """A checkpoint's scores, the terms of the epoch that its encoder is from, and its best epoch by
    validation, by the names that verdicts take.
    """
    best = best_epoch(history)
    kept = best["epoch"] if best and keep_best else None
    row = next((r for r in history if r["epoch"] == kept), history[-1] if history else {})
    own = {f"kid_{scores['prior']}": scores["kid"]} if {"kid", "prior"} <= scores.keys() else {}
    terms = {f"epoch_{name}": value for name, value in row.items()}
    return dict(scores) | own | terms | ({"best": best} if best else {})


class Verdict(NamedTuple):
    """An answer in a few words, and the figures behind it."""

    question: str
    outcome: str
    evidence: str

    def __str__(self) -> str:
        return f"{self.outcome}. {self.evidence}"


# --- what has to be said first -------------------------------------------------------------------


def caveats(figures: Figures, family: str) -> Iterator[Verdict]:
    """What anybody has to know before looking at a model's other figures, the first one first."""
    if first := untrained(figures, family):
        yield first
        return
    copies, fit = copying(figures, family), fitting(figures, family)
    if copies.outcome == COPIES:
        yield copies
    if fit.outcome == MEMORISED:
        yield fit
    if alike := too_alike(figures):
        yield alike


UNTRAINED = "Not trained yet"
COPIES, MEMORISED = "These are copies", "It memorised its training images"


def untrained(figures: Figures, family: str) -> Verdict | None:
    """Whether the model is no better than something that learned nothing; None if it is better.

    Nothing learned is the mean image, shown always: in squared error for reconstructions, and, as
    noise is, in KID for a GAN's samples.
    """
    question = "Is it trained?"
    if family == "gan":
        if (share := _towards_nothing(figures)) is None or share < UNLIKE:
            return None
        evidence = f"Its samples are about as far from real images: {kid_references(figures)}. "
    else:
        mse, mean = figures.get("mse"), figures.get("mse_mean_image")
        if mse is None or not mean:
            return None
        # What it memorised it did learn, though it may help with no other image.
        mse = min(mse, figures.get("mse_train", mse))
        if mse < UNEXPLAINED * mean:
            return None
        better = "no better" if mse >= mean else "hardly better"
        evidence = (
            f"Reconstructions are {better} than showing the mean image every time: mean squared "
            f"error {mse:.4f} against {mean:.4f}. "
        )
    alike = family == "gan" and figures.get("diversity", 1.0) < ALIKE
    empty = family == "vae" and figures.get("epoch_kl", EMPTY_NATS) < EMPTY_NATS
    if not (alike or empty):
        return Verdict(question, UNTRAINED, f"{evidence}{_length(figures)}Train longer.")
    if empty:
        evidence += f"Its codes hold nothing of an image (KL {figures['epoch_kl']:.2g} nats). "
        remedy = "a smaller loss.kl_weight"
    else:
        evidence += f"Its samples are all alike ({_alike(figures)}). "
        remedy = "another seed or a smaller learning rate"
    return Verdict(
        question,
        f"{UNTRAINED}, or collapsed",
        f"{evidence}Train longer; if that does not help, with {remedy}.",
    )


def _length(figures: Figures) -> str:
    epochs = figures.get("epoch_epoch")
    return f"It saw each training image {times(int(epochs))}. " if epochs else ""


def _towards_nothing(figures: Figures) -> float | None:
    """How far samples of N(0, I) are on the way from real images to the nearer of the two ends."""
    ends = [figures[name] for name in ("kid_mean_image", "kid_noise") if name in figures]
    normal, real = figures.get("kid_normal"), figures.get("kid_real")
    if normal is None or real is None or not ends or min(ends) <= real:
        return None
    return (normal - real) / (min(ends) - real)


def too_alike(figures: Figures) -> Verdict | None:
    """Whether a trained model's samples differ too little from each other."""
    if figures.get("diversity", 1.0) >= ALIKE:
        return None
    return Verdict(
        "Do the samples differ?",
        "The samples are too alike",
        f"They differ by {_alike(figures)}: a part of the images is never drawn.",
    )


def _alike(figures: Figures) -> str:
    return f"{percent(figures['diversity'])} of what real images differ by"


def kid_references(figures: Figures) -> str:
    """The KID of N(0, I)'s samples, and what it lies between: "" where that is not known."""
    names = {
        "kid_normal": "samples of N(0, I)",
        "kid_real": "real images",
        "kid_mean_image": "the mean image",
        "kid_noise": "noise",
    }
    parts = [f"{kid_text(figures[k])} for {what}" for k, what in names.items() if k in figures]
    return f"KID × 1000 {', '.join(parts)}" if parts else ""


# --- copies --------------------------------------------------------------------------------------


def copying(figures: Figures, family: str) -> Verdict:
    """Whether samples were copied from training images, as far as they were searched for.

    It never says that there are no copies.
    """
    question = "Are the samples copies?"
    if not {"copies", "copies_count", "copies_held_out"} <= figures.keys():
        return Verdict(question, UNKNOWN, "No training images were searched.")
    if untrained(figures, family):
        return Verdict(question, NOT_YET, "The model is not trained yet.")
    count, held_out = figures["copies_count"], figures["copies_held_out"]
    copies = round(figures["copies"] * count)
    verb = "is" if copies == 1 else "are"
    prior = f" ({prior_name(figures['prior'])})" if "prior" in figures else ""
    evidence = (
        f"{copies or 'None'} of {count:,} samples{prior} {verb} nearer to a training image than "
        f"any of {held_out:,} held-out images"
    )
    chance = chance_of_copies(copies, count, held_out)
    outcome = "No evidence of copying"
    if chance <= SURPRISE:
        outcome = COPIES if copies > MANY_COPIES * count else "Evidence of copying"
        evidence += f"; by chance in {percent(max(chance, 0.001))} of such draws at most"
    elif copies:
        evidence += f", as chance has it in {percent(chance)} of such draws"
    return Verdict(question, outcome, f"{evidence}.")


# --- memorised -----------------------------------------------------------------------------------


def fitting(figures: Figures, family: str) -> Verdict:
    """Whether the training images were too few, or too similar: what it cannot do on new ones."""
    question = "Too few images, or too similar ones?"
    if family == "gan":
        copies = copying(figures, family)
        return Verdict(question, copies.outcome, copies.evidence)
    train, test = figures.get("mse_train"), figures.get("mse")
    if not train or not test:
        return Verdict(
            question, UNKNOWN, "No reconstruction error of training and test images is stored."
        )
    if untrained(figures, family):
        return Verdict(question, NOT_YET, "It reconstructs neither known nor new images.")
    if (count := figures.get("reconstruction_count", MIN_TEST_IMAGES)) < MIN_TEST_IMAGES:
        return Verdict(
            question,
            "Too few test images to say",
            f"{MIN_TEST_IMAGES} are needed, there are {count}.",
        )
    evidence = f"Mean squared error per number: {test:.5f} on test images, {train:.5f} on training"
    evidence += " images."
    if test < WORSE * train:
        return Verdict(
            question, "No overfitting", f"{evidence} Other kinds of images may still be missing."
        )
    outcome = "Overfitting" if test < MUCH_WORSE * train else MEMORISED
    evidence += f" Test images are {test / train:.1f} times worse: train on more different images."
    if outcome == MEMORISED and copying(figures, family).outcome != COPIES:
        evidence += " Whether its samples are copies is another question."
    return Verdict(question, outcome, evidence)


# --- where codes fall ----------------------------------------------------------------------------


def few(figures: Figures) -> float:
    return max(FEW, FEW_CODES / figures["held_out_count"])


def collapsed(figures: Figures, prior: str) -> str:
    """What to say of a fitted prior whose codes are all alike; "" of any other."""
    if (spread := figures.get(f"spread_{prior}", 1.0)) >= ALIKE:
        return ""
    return (
        f"its codes have collapsed, to {percent(spread)} of the spread of images' codes, so their "
        "distances say nothing."
    )
