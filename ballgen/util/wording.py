"""What things are called on the pages and in the terminal, and tables of them."""

PRIOR_NAMES = {
    "normal": "N(0, I)",
    "gaussian": "full-covariance Gaussian",
    "class-gaussian": "class-conditional Gaussian",
    "mixture": "Gaussian mixture",
    "flow": "latent flow",
}
PRIOR_MEANINGS = {
    "normal": "The default prior of a VAE: it is not fitted to the codes.",
    "gaussian": "Mean and covariance of the training codes.",
    "class-gaussian": "Mean and covariance of each class's codes.",
    "mixture": "One Gaussian for each cluster of codes.",
    "flow": "A small network, trained by flow matching, that turns noise into codes.",
}
# A generator has no other codes than those of its default prior.
GENERATOR_NORMAL = "The codes that the generator was trained on."


LONGEST = 600  # characters that are shown, the first and the last of a longer text
JOINERS = "\u200c\u200d"  # unprintable, and part of words and emojis


def prior_name(prior: str) -> str:
    """A prior's name for people, which also stands in links."""
    return PRIOR_NAMES.get(prior, prior)


def prior_meaning(prior: str, family: str, gibbs_steps: int = 0) -> str:
    """One line on where a prior's codes come from.

    gibbs_steps  how often a fitted prior's codes are decoded and encoded again
    """
    if prior == "normal":
        return GENERATOR_NORMAL if family == "gan" else PRIOR_MEANINGS[prior]
    meaning = PRIOR_MEANINGS.get(prior, "")
    if not gibbs_steps:
        return meaning
    return f"{meaning} Each code is then decoded and encoded again, {times(gibbs_steps)}.".strip()


def times(count: int) -> str:
    """ "once", "2 times"."""
    return "once" if count == 1 else f"{count} times"


def kid_text(mean: float, sd: float | None = None) -> str:
    """A KID × 1000, with its standard deviation if that is given: "2.3", "9,566 ± 420"."""
    digits = 0 if abs(mean) >= 0.1 else 1
    values = [f"{1000 * value:,.{digits}f}" for value in (mean, sd) if value is not None]
    return " ± ".join(values).replace("-", "−")


def percent(share: float) -> str:
    """ "98%", "1.4%", "0.3%": a digit more where it counts."""
    digits = 1 if 0 < share < 0.095 or 0.995 <= share < 1 else 0
    return f"{share:.{digits}%}"


def duration(seconds: float) -> str:
    """Seconds as people say them: "45 s", "12 min", "1 h 05 min"."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def listed(words: list[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def features_meaning(name: str) -> str:
    """Whose features a space of `ballgen.scores.features` holds."""
    return {
        "balls": "a small network that was trained on drawn balls",
        "random": "fixed random convolutions",
        "imagenet": "EfficientNet-Lite0, trained on ImageNet",
        "inception": "Inception v3, trained on ImageNet",
    }.get(name, name)


def readable(text: object) -> str:
    """`text` on one line, of `LONGEST` characters at most, without control characters.

    These could turn what follows around, or be no Unicode that a browser can be sent.
    """
    line = " ".join(str(text).split())
    if len(line) > LONGEST:
        line = f"{line[: LONGEST // 2 - 1]} … {line[2 - LONGEST // 2 :]}"
    return "".join(
        c if c.isprintable() or c in JOINERS else "\N{REPLACEMENT CHARACTER}" for c in line
    )


def text_table(rows: list[list[str]]) -> str:
    """Markdown whose columns also line up in a terminal: the first left, the others right.

    The first row is the header.
    """
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]

    def line(row: list[str]) -> str:
        first, *others = (
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        return f"| {' | '.join([first, *others])} |"

    rule = [
        f"{'-' * width}" if i == 0 else f"{'-' * (width - 1)}:" for i, width in enumerate(widths)
    ]
    return "\n".join([line(rows[0]), line(rule), *(line(row) for row in rows[1:])])
