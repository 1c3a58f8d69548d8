"""From verdicts to one plain paragraph per guess, and to Markdown."""

from __future__ import annotations

from ballgen.util.markdown import text_table
from studies.four_hypotheses.design import GUESSES, Axis, Design, Value
from studies.four_hypotheses.findings import Finding, Point, Verdict, finding, points
from studies.four_hypotheses.table import LEARNED, Row

FIGURES = {
    "kid_normal": "KID × 1000, N(0, I)",
    "kid_flow": "fitted prior",
    "kid_reconstructions": "rebuilt",
    "sse": "SSE, rebuilt",
    "sse_posterior": "SSE, drawn codes",
    "kl": "KL (nats)",
}
THOUSANDTHS = ("kid_normal", "kid_flow", "kid_reconstructions")
ANSWERS = {
    Verdict.UNKNOWN: "Not known yet",
    Verdict.NO: "No",
    Verdict.PARTLY: "In part",
    Verdict.YES: "Yes",
}
DEARER = 1.2  # times the middle's KID of rebuilt pictures: what is more is a price


def findings_of(rows: list[Row], design: Design, guess: str) -> list[Finding]:
    """What each axis of a guess shows for each family."""
    return [
        finding(rows, design, axis, family)
        for axis in design.axes
        if axis.guess == guess
        for family in axis.families
    ]


def answer(findings: list[Finding]) -> str:
    """The guess in a few words: the strongest verdict, and where it is found."""
    strongest = max((one.verdict for one in findings), default=Verdict.UNKNOWN)
    if strongest <= Verdict.NO:
        known = [one.verdict for one in findings if one.verdict]
        open_ends = known and len(known) < len(findings)
        return ANSWERS[strongest] + (", as far as it is measured" if open_ends else "")
    families: dict[str, list[str]] = {}
    for one in findings:
        if one.verdict == strongest:
            families.setdefault(one.axis.name, []).append(one.family.upper())
    where = ", ".join(f"{name} ({', '.join(whose)})" for name, whose in families.items())
    return f"{ANSWERS[strongest]}: {where}"


def paragraph(rows: list[Row], design: Design, guess: str) -> str:
    """Was it the cause? One paragraph, every figure of it from the rows."""
    findings = findings_of(rows, design, guess)
    parts = [f"**{answer(findings)}.**"]
    if gains := list(dict.fromkeys(_gain(one) for one in findings if one.middle)):
        parts.append(
            "At the middle setting a fitted prior takes the KID × 1000 of random samples "
            f"{' and '.join(gains)}."
        )
    parts += [sentence(one) for one in findings]
    if seen := [one.seeds for found in findings for one in found.normal]:
        parts.append(f"Seeds behind each point: {seeds_text(seen)}.")
    return " ".join(parts)


def _gain(found: Finding) -> str:
    return f"from {kid(found.middle.mean)} to {kid(found.flow.mean)} ({found.family.upper()})"


def sentence(found: Finding) -> str:
    """What one axis shows for one family."""
    axis, middle, best = found.axis, found.middle, found.best
    whose = f"{axis.name[0].upper()}{axis.name[1:]}, {found.family.upper()}".replace("Σ", "σ")
    tried = f"{len(found.normal)} of {len(axis.values)} values"
    if middle is None:
        return f"{whose}: {tried} are measured, too few to say anything."
    low, high = (kid(pick(one.mean for one in found.normal)) for pick in (min, max))
    text = f"{whose}: the KID × 1000 from N(0, I) is {low} to {high} over {tried}"
    if found.share is None:
        return f"{text}; a fitted prior brings nothing, so there is nothing to compare with."
    if best.value == middle.value:
        return f"{text}; none does better than the middle, {value_text(middle.value)}."
    text += (
        f"; the best, {value_text(best.value)}, brings {found.share:.0%} of what the fitted prior "
        "brings"
    )
    if found.by_chance:
        text += ", no more than the seeds scatter"
    elif found.by_chance is None:
        text += ", though one seed does not tell how much of it is chance"
    return text + (_aside(found) if found.verdict > Verdict.NO else "") + "."


def _aside(found: Finding) -> str:
    """What to know of a best value that does bring something."""
    best, text = found.best, ""
    if found.best_flow.mean < best.mean:
        text += f"; with a fitted prior as well it is {kid(found.best_flow.mean)}"
    if found.best_rebuilt.mean > DEARER * max(found.rebuilt.mean, 0):
        text += (
            f", and rebuilt pictures have {kid(found.best_rebuilt.mean)} instead of "
            f"{kid(found.rebuilt.mean)}"
        )
    return text


def report(rows: list[Row], design: Design) -> str:
    """All paragraphs and the points behind them, as Markdown."""
    parts = []
    for guess, question in GUESSES.items():
        parts += [f"## {question}", paragraph(rows, design, guess)]
        for axis in (axis for axis in design.axes if axis.guess == guess):
            for family in axis.families:
                table = axis_table(rows, design, axis, family)
                if len(table) > 1:
                    parts.append(text_table(table))
    return "\n\n".join(parts)


def axis_table(rows: list[Row], design: Design, axis: Axis, family: str) -> list[list[str]]:
    """The points of an axis as text, mean ± sd over the seeds; the first row is the header."""
    columns = {
        figure: {one.value: one for one in points(rows, design, axis, family, figure)}
        for figure in FIGURES
    }
    there = {figure: found for figure, found in columns.items() if found}
    header = [f"{family.upper()}, {axis.title}", "seeds", *(FIGURES[name] for name in there)]
    lines = [
        [
            value_text(value),
            str(there["kid_normal"][value].seeds),
            *(point_text(found[value], figure) for figure, found in there.items()),
        ]
        for value in axis.values
        if there and value in there["kid_normal"]
    ]
    return [header, *lines]


def point_text(one: Point, figure: str) -> str:
    """ "1,432 ± 35": in thousandths for a KID; without ± for a single seed."""
    factor = 1000 if figure in THOUSANDTHS else 1
    text = number(factor * one.mean)
    return text if one.sd is None else f"{text} ± {number(factor * one.sd)}"


def value_text(value: Value) -> str:
    """A value of an axis: "0.05", "20,000", "learned"."""
    if value is None:
        return LEARNED
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def kid(value: float) -> str:
    """A KID in thousandths."""
    return number(1000 * value)


def number(value: float) -> str:
    """ "1,432", "35.2", "0.46": three digits, or all of a whole number."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}".replace("-", "−")


def seeds_text(seeds: list[int]) -> str:
    """How many seeds stand behind points: "3", "1 to 3"."""
    least, most = min(seeds), max(seeds)
    return str(least) if least == most else f"{least} to {most}"
