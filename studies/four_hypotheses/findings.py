"""From rows to points with mean and standard deviation, and to an outcome for each axis.

The measure of a hypothesis: how much nearer samples from N(0, I) come to real images at the best
value of an axis, against what a fitted prior brings at the middle, where all axes meet. A best of
several values is an upper bound: chance chooses with it.
"""

from __future__ import annotations

import math
import re
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from studies.four_hypotheses.design import HYPOTHESES, Axis, Setting, Value

TABLE = Path(__file__).parent / "study.csv"
GAINS = TABLE.with_name("gains.csv")  # drawn by the dashboard
LEARNED = "learned"
LITTLE, MUCH = 0.1, 0.5  # of what the fitted prior brings
SCATTERS = 2  # standard errors: a smaller gain may be chance


class Point(NamedTuple):
    """A figure of one setting over its seeds."""

    mean: float
    sd: float
    seeds: int


class Outcome(IntEnum):
    """What an axis has to do with the failure of random samples; the stronger, the larger."""

    NO = 0
    IN_PART = 1
    YES = 2


class Finding(NamedTuple):
    """What an axis shows for one family.

    normal          KID of samples from N(0, I), by value of the axis
    flow            KID of samples from the fitted prior, by value of the axis
    middle, best    values that are compared
    share           what the best value brings, of what the fitted prior brings at the middle
    spread          two standard errors of that share; 0 where the middle is the best
    """

    axis: Axis
    family: str
    normal: dict[Value, Point]
    flow: dict[Value, Point]
    middle: Value
    best: Value
    share: float
    spread: float

    @property
    def within_scatter(self) -> bool:
        """Whether the best value brings no more than the seeds scatter."""
        return self.share < self.spread

    @property
    def outcome(self) -> Outcome:
        if self.within_scatter or self.share < LITTLE:
            return Outcome.NO
        return Outcome.IN_PART if self.share < MUCH else Outcome.YES


def read_table() -> pd.DataFrame:
    """The table of all runs."""
    return pd.read_csv(TABLE, dtype={"sigma": str})


def runs_of(table: pd.DataFrame, setting: Setting) -> pd.DataFrame:
    """The rows of one setting."""
    fields = vars(setting) | {"sigma": LEARNED if setting.sigma is None else f"{setting.sigma:g}"}
    return table[(table[list(fields)] == pd.Series(fields)).all(axis=1)]


def points(table: pd.DataFrame, axis: Axis, family: str, figure: str) -> dict[Value, Point]:
    """A figure by value of the axis; none for a family that does not have it."""
    found = {}
    for value, setting in axis.settings(family).items():
        figures = runs_of(table, setting)[figure].dropna()
        if len(figures):
            found[value] = Point(figures.mean(), figures.std(), len(figures))
    return found


def find(table: pd.DataFrame, axis: Axis, family: str) -> Finding:
    """The outcome of an axis for one family."""
    normal = points(table, axis, family, "kid_normal")
    flow = points(table, axis, family, "kid_flow")
    middle = getattr(Setting(family), axis.field)
    best = min(normal, key=lambda value: normal[value].mean)
    gain = normal[middle].mean - normal[best].mean
    whole = normal[middle].mean - flow[middle].mean
    error = math.hypot(*(p.sd / math.sqrt(p.seeds) for p in (normal[middle], normal[best])))
    spread = SCATTERS * error / whole if best != middle else 0.0
    return Finding(axis, family, normal, flow, middle, best, gain / whole, spread)


def gains_csv(table: pd.DataFrame) -> str:
    """What each axis brings each family at best, as gains.csv holds it for the dashboard."""
    found = [
        find(table, axis, family)
        for axes in HYPOTHESES.values()
        for axis in axes
        for family in axis.families
    ]
    rows = pd.DataFrame(
        {
            "factor": re.sub("^[a-z]", lambda first: first[0].upper(), one.axis.title),
            "family": one.family,
            "default": LEARNED if one.middle is None else f"{one.middle:,}",
            "best": LEARNED if one.best is None else f"{one.best:,}",
            "kid_default": one.normal[one.middle].mean,
            "kid_best": one.normal[one.best].mean,
            "share": one.share,
            "spread": one.spread,
        }
        for one in found
    )
    return rows.to_csv(index=False, float_format="%.6g")
