"""The sentences of the page that explains random samples, composed from a checkpoint's figures.

Each says what its figures say: with other figures it is another sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ballgen.util.wording import prior_name, times

Figures = Mapping[str, float | int]

# Where a share of codes beyond the usual distance stops being a matter of chance (1 % would be),
# and where it is most of them.
FEW, MOST = 0.05, 0.5
# Of the way from real pictures to N(0, I)'s samples, what rebuilt pictures have already gone.
LITTLE, MUCH = 0.25, 0.75
WORSE = 1.2  # times the training error: what is more than the noise between epochs
ROOMY = 0.7  # of the code's directions: fewer in use leave it room to spare
COPIED = 0.65  # of pairs in which a sample is nearer to training than a real one; 0.5 is usual


class Guess(NamedTuple):
    """One of the report's guesses, and what this checkpoint says to it.

    verdict   a few words
    because   the figures behind them
    remains   what one checkpoint cannot say
    """

    title: str
    verdict: str
    because: str
    remains: str


def percent(share: float) -> str:
    """ "98%", "1.4%", "0.3%": a digit more where it counts."""
    digits = 1 if 0 < share < 0.095 or 0.995 <= share < 1 else 0
    return f"{share:.{digits}%}"


def kid_text(kid: float) -> str:
    """A KID in thousandths: "6,092", "2.3"."""
    value = 1000 * kid
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.1f}".replace("-", "−")


def where_it_asks(figures: Figures, family: str, fitted: str | None) -> str:
    """Step 1: where N(0, I) draws, and where a fitted prior does."""
    beyond, distance = figures["out_of_support_normal"], figures["distance_normal"]
    if beyond >= MOST:
        verdict = "**N(0, I) draws codes unlike any that the decoder knows.**"
    elif beyond >= FEW:
        verdict = "**N(0, I) often draws codes unlike any that the decoder knows.**"
    else:
        verdict = "**N(0, I) draws codes that the decoder knows.**"
    text = (
        f"{verdict} {percent(beyond)} of them lie further from the known codes than 99% of "
        f"{_held_out(family)} do; their median distance is {distance:.1f} times as long as that of "
        f"{_held_out(family, again=True)}."
    )
    if fitted is None:
        return text
    return (
        f"{text} For the {prior_name(fitted)} prior: "
        f"{percent(figures[f'out_of_support_{fitted}'])}, and {figures[f'distance_{fitted}']:.1f} "
        f"times."
    )


def _held_out(family: str, again: bool = False) -> str:
    if family == "gan":
        return "the others" if again else "other codes that the generator was trained on"
    return "held-out codes" if again else "held-out pictures' codes"


def what_is_known(figures: Figures, family: str) -> str:
    """Below the map: what its grey dots are, and what a plane cannot show."""
    if family == "gan":
        dots = "Grey: draws of N(0, I), on which the generator was trained; it saw no other codes."
    elif family == "vae":
        dots = "Grey: codes of test pictures, with the noise that the decoder was trained on; they "
    else:
        dots = "Grey: codes of test pictures; they "
    dots += "" if family == "gan" else "stand in for those of the training pictures."
    return (
        f"{dots} The map is the plane in which they vary most: it holds "
        f"{percent(figures['plane_variance_share'])} of their variance, so a cross inside the "
        "cloud may still be far away in the other directions. The histogram measures in all "
        f"{figures['latent_dim']}."
    )


def what_it_answers(
    normal: float | None, fitted: float | None, prior: str | None, rebuilt: float | None
) -> str:
    """Step 2: what the same decoder makes of each prior, by KID; what is not known is left out."""
    parts = []
    if normal is not None and fitted is not None and prior is not None:
        both = (
            f"samples of N(0, I) have a KID × 1000 of {kid_text(normal)}, of the "
            f"{prior_name(prior)} prior {kid_text(fitted)}"
        )
        if 0 < fitted < normal:
            smaller = _times(normal / fitted)
            parts.append(f"**With the fitted prior the KID is {smaller} smaller:** {both}.")
        elif fitted < normal:
            parts.append(
                f"**With the fitted prior no difference to real pictures is left:** {both}."
            )
        else:
            parts.append(f"**The fitted prior brings nothing here:** {both}.")
    elif normal is not None:
        parts.append(f"Samples of N(0, I) have a KID × 1000 of {kid_text(normal)}.")
    if rebuilt is not None:
        parts.append(
            f"Rebuilt test pictures have {kid_text(rebuilt)}: "
            "the decoder's own limit, which a prior can reach but hardly beat."
        )
    return " ".join(parts)


def who_is_at_home(last_epoch: Figures, family: str, prior: str) -> str:
    """Step 2: the prior whose codes the decoder was polished on, if it was."""
    if family == "gan" or "generator" not in last_epoch:
        return ""
    whose = "N(0, I)" if prior == "normal" else f"the {prior_name(prior)} prior"
    return (
        "Towards the end of its training this decoder also had to pass a critic with what it makes "
        f"of codes from {whose}: it is more used to them than to the others'."
    )


def what_is_refined(rounds: int) -> str:
    """Step 2: that not only the priors differ, where fitted ones' codes go through more rounds."""
    if not rounds:
        return ""
    return (
        f"Codes of fitted priors are decoded and encoded again, {times(rounds)}, and those of "
        "N(0, I) are not: part of the difference is due to that."
    )


def _times(ratio: float) -> str:
    return f"{ratio:,.0f} times" if ratio >= 10 else f"{ratio:.1f} times"


def on_the_way(distances: list[float], limit: float, prior: str, count: int) -> str:
    """Step 3: from where to where, and when the codes arrive."""
    first, last = distances[0], distances[-1]
    text = (
        f"Drag. The same {count} codes go straight from N(0, I), {first:.1f} times as far from "
        f"the known codes as usual, to codes of the {prior_name(prior)} prior, {last:.1f} times."
    )
    border = f"the limit of {limit:.1f} times, which holds 99% of held-out codes"
    if first <= limit:
        return f"{text} They were within {border}, from the start."
    if last > limit:
        return f"{text} They do not come within {border}."
    # The last place outside: a way may pass through known places before its end.
    outside = max(index for index, distance in enumerate(distances) if distance > limit)
    share = (outside + 1) / (len(distances) - 1)
    return f"{text} They come within {border}, after {share:.0%} of the way."


def guesses(figures: Figures, scores: Figures, last_epoch: Figures, family: str) -> list[Guess]:
    """Step 4: the report's four guesses, as far as one checkpoint can judge them."""
    return [
        _complexity(scores, family),
        _amount(scores, last_epoch, family),
        _latent_size(figures, family),
        _regularisation(figures, last_epoch, family),
    ]


def _complexity(scores: Figures, family: str) -> Guess:
    title = "Too simple a model?"
    names = ("kid_normal", "kid_reconstructions", "kid_real")
    remains = "Whether a larger model would lower it, only a larger model can show."
    if any(scores.get(name) is None for name in names):
        return Guess(title, "Not measured", "No KID is stored with this checkpoint.", remains)
    normal, rebuilt, real = (scores[name] for name in names)
    if family == "gan":
        return Guess(
            title,
            "What is missing is the generator's own",
            f"It is asked for nothing but the codes it was trained on. KID × 1000: "
            f"{kid_text(normal)} for its samples, {kid_text(real)} for real pictures.",
            remains,
        )
    figures = (
        f"KID × 1000: {kid_text(normal)} from N(0, I), {kid_text(rebuilt)} rebuilt from their own "
        f"codes, {kid_text(real)} for real pictures."
    )
    if normal <= real:
        return Guess(
            title,
            "Nothing is missing",
            f"{figures} Samples are as near to real pictures as other real pictures are.",
            remains,
        )
    if rebuilt >= normal:
        return Guess(
            title,
            "It is the limit here",
            f"{figures} Rebuilt pictures are no nearer to real ones than samples are.",
            remains,
        )
    share = max(0.0, (rebuilt - real) / (normal - real))
    verdict = "Hardly to blame"
    if share >= MUCH:
        verdict = "Mostly to blame"
    elif share >= LITTLE:
        verdict = "Partly to blame"
    return Guess(
        title,
        verdict,
        f"{figures} With the right code, {percent(share)} of the distance remains: "
        "that part is the model's, the rest the prior's.",
        remains,
    )


def _amount(scores: Figures, last_epoch: Figures, family: str) -> Guess:
    title = "Too few or too similar pictures?"
    remains = "What other kinds of pictures would change, this checkpoint cannot know."
    train, test = last_epoch.get("mse"), scores.get("mse")
    if train and test:
        ratio = test / train
        noise = ", taken with the noise of training" if family == "vae" else ""
        because = (
            f"Mean squared error over pixels and channels: {test:.5f} on test pictures, "
            f"{train:.5f} on training pictures in the last epoch{noise}."
        )
        if ratio > WORSE:
            verdict = "More would help"
            because += f" New pictures are rebuilt {percent(ratio - 1)} worse than known ones."
        else:
            verdict = "Nothing speaks for it"
            because += " New pictures are rebuilt about as well as known ones."
        return Guess(title, verdict, because, remains)
    closer = scores.get("nearest_closer")
    if closer is None:
        return Guess(title, "Not measured", "No figure of it is stored.", remains)
    because = (
        f"In {percent(closer)} of all pairs of a sample and a held-out picture the sample is "
        "nearer to the training pictures; 50% is usual."
    )
    verdict = "It leans on known pictures" if closer > COPIED else "No evidence of copying"
    return Guess(title, verdict, because, remains)


def _latent_size(figures: Figures, family: str) -> Guess:
    used, size = figures["components_99"], figures["latent_dim"]
    whose = "the codes it was trained on" if family == "gan" else "the pictures' codes"
    because = f"99% of the variance of {whose} lies in {used} of {size} directions."
    if family == "gan":
        verdict = "Chosen, not learned"
        because += " They are draws of N(0, I) themselves, so this says nothing of the pictures."
    elif used <= ROOMY * size:
        verdict = "Roomier than the pictures need"
        because += " N(0, I) spreads over all of them alike, into those that no picture uses too."
    else:
        verdict = "All of it is in use"
    return Guess(
        "The wrong latent size?",
        verdict,
        because,
        "A smaller code rebuilds less: only trainings of several sizes show what is gained.",
    )


def _regularisation(figures: Figures, last_epoch: Figures, family: str) -> Guess:
    title = "Too little regularisation, or training?"
    remains = "Longer or stronger training moves these figures; which way pays, it has to show."
    if family == "gan":
        return Guess(
            title,
            "Does not arise",
            "A generator is trained on N(0, I) itself, so nothing has to pull its codes there.",
            remains,
        )
    because = (
        f"The numbers of a code spread by {figures['code_sd_min']:.2g} to "
        f"{figures['code_sd_max']:.2g} (standard deviation); N(0, I) has 1."
    )
    kl = figures.get("gaussian_kl")
    if kl is not None:
        because += (
            f" A Gaussian with their mean and covariance is {kl:,.0f} nats (KL) from N(0, I)."
        )
    if last_epoch.get("kl") is not None:
        because += f" A single picture's was {last_epoch['kl']:,.0f} nats in the last epoch."
    verdict = "The codes are not N(0, I)"
    if figures["out_of_support_normal"] < FEW:
        verdict = "The codes fit N(0, I)"
    shape = figures.get("out_of_support_gaussian")
    if shape is not None and figures["out_of_support_normal"] >= FEW:
        because += f" One Gaussian with their centre and spread still misses with {percent(shape)}"
        because += ": the shape counts too." if shape >= FEW else ": centre and spread are all."
    return Guess(title, verdict, because, remains)
