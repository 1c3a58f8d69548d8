"""What things are called on the pages: words before symbols."""

from __future__ import annotations

PRIOR_NAMES = {
    "normal": "standard normal",
    "gaussian": "one Gaussian",
    "class-gaussian": "Gaussian per class",
    "mixture": "Gaussian mixture",
    "flow": "latent flow",
}
PRIOR_MEANINGS = {
    "normal": "N(0, I), the usual prior of a VAE: it never looked at the codes.",
    "gaussian": "Mean and covariance of the training codes.",
    "class-gaussian": "Mean and covariance of each class's codes.",
    "mixture": "As many Gaussians as held-out codes ask for.",
    "flow": "A small network, fitted to the codes, that carries noise to them.",
}
# A generator has no other codes than those of its own prior.
GENERATOR_NORMAL = "N(0, I), the codes that the generator was trained on."

THOUSAND = 1000  # KID is a small number: the pages count it in thousandths


def prior_name(prior: str) -> str:
    """A prior's name for people, which also stands in links."""
    return PRIOR_NAMES.get(prior, prior)


def prior_meaning(prior: str, family: str, rounds: int = 0) -> str:
    """One line on where a prior's codes come from.

    rounds  that a fitted prior's codes go through decoder and encoder
    """
    if prior == "normal":
        return GENERATOR_NORMAL if family == "gan" else PRIOR_MEANINGS[prior]
    meaning = PRIOR_MEANINGS.get(prior, "")
    if not rounds:
        return meaning
    return f"{meaning} Each code is then decoded and encoded again, {times_over(rounds)}.".strip()


def times_over(count: int) -> str:
    """ "once", "2 times"."""
    return "once" if count == 1 else f"{count} times"


def thousandths(mean: float, sd: float) -> str:
    """A figure with its standard deviation, in thousandths: "2.31 ± 0.20", "9,566 ± 420"."""
    digits = next((d for d, least in ((0, 100), (1, 10)) if THOUSAND * abs(mean) >= least), 2)
    text = f"{THOUSAND * mean:,.{digits}f} ± {THOUSAND * sd:,.{digits}f}"
    return text.replace("-", "−")


def duration(seconds: float) -> str:
    """Seconds as people say them: "45 s", "12 min", "1 h 05 min"."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def listed(words: list[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
