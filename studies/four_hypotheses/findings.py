"""From rows to points with mean and scatter, and from points to a verdict on each axis.

The measure of a guess: how much nearer the samples of N(0, I) come to real pictures at the best
setting of an axis, against what a fitted prior brings at the middle setting, where all axes meet.
A best of several settings is an upper bound: chance chooses with it.
"""

from __future__ import annotations

import math
from dataclasses import replace
from enum import IntEnum
from statistics import mean, stdev
from typing import NamedTuple

from studies.four_hypotheses.design import Axis, Design, Setting, Value
from studies.four_hypotheses.table import Row

FEWEST = 3  # values of an axis, the middle among them: two make no curve
LITTLE, MUCH = 0.1, 0.5  # of what the fitted prior brings
SCATTERS = 2  # standard errors: what is nearer may be chance


class Point(NamedTuple):
    """A figure at one value of an axis, over the seeds; sd is None for a single one."""

    value: Value
    mean: float
    sd: float | None
    seeds: int


class Verdict(IntEnum):
    """What an axis has to do with the failure of random samples; the stronger, the larger."""

    UNKNOWN = 0
    NO = 1
    PARTLY = 2
    YES = 3


class Finding(NamedTuple):
    """What an axis shows for one family; None where it is not measured.

    normal          KID of N(0, I) samples, per value of the axis
    middle, best    the points of `normal` that are compared
    flow            KID of the fitted prior's samples at the middle
    best_flow       the same at the best value
    rebuilt         KID of rebuilt pictures at the middle
    best_rebuilt    the same at the best value
    share           what the best value brings, of what the fitted prior brings
    by_chance       the gain is no larger than the seeds scatter; None where one seed cannot tell
    """

    axis: Axis
    family: str
    verdict: Verdict
    normal: list[Point]
    middle: Point | None = None
    best: Point | None = None
    flow: Point | None = None
    best_flow: Point | None = None
    rebuilt: Point | None = None
    best_rebuilt: Point | None = None
    share: float | None = None
    by_chance: bool | None = None


def point(rows: list[Row], setting: Setting, value: Value, figure: str) -> Point | None:
    """A figure of one setting over its seeds; None if no row has it."""
    values = [
        row.figures[figure]
        for row in rows
        if row.trial.setting == setting and figure in row.figures
    ]
    if not values:
        return None
    return Point(value, mean(values), stdev(values) if len(values) > 1 else None, len(values))


def points(rows: list[Row], design: Design, axis: Axis, family: str, figure: str) -> list[Point]:
    """A figure along an axis, in its order; values without a row are left out."""
    settings = design.settings(axis, family)
    found = (point(rows, setting, value, figure) for value, setting in settings.items())
    return [one for one in found if one is not None]


def finding(rows: list[Row], design: Design, axis: Axis, family: str) -> Finding:
    """Judge an axis for one family."""
    settings = design.settings(axis, family)
    normal = points(rows, design, axis, family, "kid_normal")
    home = getattr(replace(design.middle, family=family), axis.field)
    middle = next((one for one in normal if one.value == home), None)
    if middle is None or len(normal) < FEWEST:
        return Finding(axis, family, Verdict.UNKNOWN, normal)

    def at(value: Value, figure: str) -> Point | None:
        return point(rows, settings[value], value, figure)

    best = min(normal, key=lambda one: (one.mean, one is not middle))
    flow = at(home, "kid_flow")
    gain, brought = middle.mean - best.mean, middle.mean - flow.mean
    share = gain / brought if brought > 0 else None
    by_chance = _by_chance(middle, best)
    return Finding(
        axis,
        family,
        _judge(share, by_chance),
        normal,
        middle,
        best,
        flow,
        at(best.value, "kid_flow"),
        at(home, "kid_reconstructions"),
        at(best.value, "kid_reconstructions"),
        share,
        by_chance,
    )


def _judge(share: float | None, by_chance: bool | None) -> Verdict:
    if share is None:  # a fitted prior brings nothing, so N(0, I) does not fail for its place
        return Verdict.UNKNOWN
    if by_chance or share < LITTLE:
        return Verdict.NO
    return Verdict.PARTLY if share < MUCH else Verdict.YES


def _by_chance(middle: Point, best: Point) -> bool | None:
    """Whether two means differ by less than two standard errors."""
    if middle.value == best.value:
        return False
    if middle.sd is None or best.sd is None:
        return None
    error = math.sqrt(middle.sd**2 / middle.seeds + best.sd**2 / best.seeds)
    return middle.mean - best.mean < SCATTERS * error
