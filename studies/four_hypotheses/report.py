"""From outcomes to one plain paragraph per hypothesis, and to tables."""

from __future__ import annotations

import pandas as pd

from ballgen.util.wording import text_table
from studies.four_hypotheses.design import HYPOTHESES, Axis, Value
from studies.four_hypotheses.findings import LEARNED, Finding, Outcome, Point, find, points

FIGURES = {
    "kid_normal": "KID × 1000, N(0, I)",
    "kid_flow": "fitted prior",
    "kid_reconstructions": "reconstructions",
    "sse": "SSE, reconstructions",
    "sse_posterior": "SSE, posterior's codes",
    "kl": "KL (nats)",
}
OUTCOMES = {Outcome.NO: "No", Outcome.IN_PART: "In part", Outcome.YES: "Yes"}


def report(table: pd.DataFrame) -> str:
    """All paragraphs and the points behind them, as Markdown."""
    parts = [gain_of_the_prior(table)]
    for question, axes in HYPOTHESES.items():
        parts += [f"## {question}", paragraph(table, question)]
        parts += [text_table(rows(table, axis, who)) for axis in axes for who in axis.families]
    return "\n\n".join(parts)


def gain_of_the_prior(table: pd.DataFrame) -> str:
    """What the fitted prior brings at the middle, where all axes meet."""
    ((axis,), *_) = HYPOTHESES.values()
    gains = []
    for family in axis.families:
        found = find(table, axis, family)
        before, after = (kids[found.middle].mean for kids in (found.normal, found.flow))
        gains.append(f"from {kid(before)} to {kid(after)} ({family.upper()})")
    return (
        f"At the middle, a fitted prior takes the KID × 1000 of random samples "
        f"{' and '.join(gains)}."
    )


def paragraph(table: pd.DataFrame, question: str) -> str:
    """The outcome of a hypothesis in words: the strongest of its axes, then each of them."""
    found = [find(table, axis, who) for axis in HYPOTHESES[question] for who in axis.families]
    strongest = max(one.outcome for one in found)
    where = ", ".join(
        f"{one.axis.name} ({one.family.upper()})" for one in found if one.outcome == strongest
    )
    answer = OUTCOMES[strongest] + (f": {where}" if strongest > Outcome.NO else "")
    return " ".join([f"**{answer}.**", *(sentence(one) for one in found)])


def sentence(found: Finding) -> str:
    """What one axis shows for one family."""
    kids = [point.mean for point in found.normal.values()]
    text = (
        f"{found.family.upper()}, {found.axis.name}: the KID × 1000 from N(0, I) is "
        f"{kid(min(kids))} to {kid(max(kids))}; "
    )
    if found.best == found.middle:
        return f"{text}no value does better than the middle, {value_text(found.middle)}."
    text += (
        f"the best value, {value_text(found.best)}, brings {found.share:.0%} of what the fitted "
        "prior brings"
    )
    if found.within_scatter:
        return f"{text}, no more than the seeds scatter."
    return (
        f"{text}; with a fitted prior as well the KID × 1000 is {kid(found.flow[found.best].mean)}."
    )


def rows(table: pd.DataFrame, axis: Axis, family: str) -> list[list[str]]:
    """The points of an axis as text, mean ± sd over the seeds; the first row is the header."""
    columns = {title: points(table, axis, family, name) for name, title in FIGURES.items()}
    columns = {title: found for title, found in columns.items() if found}
    header = [f"{family.upper()}, {axis.title}", *columns]
    return [
        header,
        *(
            [
                value_text(value),
                *(point_text(found[value], title) for title, found in columns.items()),
            ]
            for value in axis.values
        ),
    ]


def point_text(point: Point, title: str) -> str:
    """ "1,432 ± 35.0"; a KID in thousandths."""
    factor = 1 if title.startswith(("SSE", "KL")) else 1000
    return f"{number(factor * point.mean)} ± {number(factor * point.sd)}"


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
    return f"{value:,.{0 if value >= 100 else 1 if value >= 10 else 2}f}"
