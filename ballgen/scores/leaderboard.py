"""Standings: one row of figures per checkpoint, over several seeds, as a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import fmean, stdev

from ballgen.data.imageset import ImageSet
from ballgen.errors import InputError
from ballgen.models import Model
from ballgen.scores.evaluate import evaluate
from ballgen.util.markdown import text_table

FIRST_SEED_ALONE = ("reconstruction", "classes")
HEADER = [
    "model",
    "SSE / image",
    "KID × 1000, N(0, I)",
    "KID × 1000, own prior",
    "own / N(0, I)",
    "told from real",
    "smallest class",
]


@dataclass(frozen=True)
class Spread:
    """A mean and the standard deviation around it."""

    mean: float
    sd: float

    def thousandths(self) -> str:
        return f"{1000 * self.mean:.1f} ± {1000 * self.sd:.1f}"


@dataclass(frozen=True)
class Standing:
    """What one checkpoint's samples are worth.

    normal, own, floor  KID under N(0, I), under the model's own prior and of real against real:
                        mean over all seeds and subsets, and the standard deviation over subsets
                        and seeds together
    told, told_low, told_high  two-sample accuracy: mean, least and most over all seeds, because one
                        fresh network may find what gives samples away where another does not; None
                        for want of pictures
    smallest            share of the rarest class among samples; None where classes are not known
    """

    name: str
    prior: str
    sse: float
    normal: Spread
    own: Spread
    floor: Spread
    told: float | None
    told_low: float | None
    told_high: float | None
    smallest: float | None

    def row(self) -> list[str]:
        own = f"{self.own.thousandths()} ({self.prior})"
        return [
            self.name,
            f"{self.sse:.2f}",
            self.normal.thousandths(),
            own,
            "the same" if self.prior == "normal" else _ratio(self.own.mean, self.normal.mean),
            "n/a"
            if self.told is None
            else f"{self.told:.0%} ({self.told_low:.0%} to {self.told_high:.0%})",
            "n/a" if self.smallest is None else f"{self.smallest:.1%}",
        ]


def _ratio(own: float, normal: float) -> str:
    """1/230 where the own prior is far better, 0.7 or 6.6 where it is not."""
    if own <= 0 or normal <= 0:
        return "n/a"  # an unbiased estimate may fall below 0
    return f"1/{normal / own:.0f}" if own <= normal / 2 else f"{own / normal:.2g}"


def standing(
    name: str,
    model: Model,
    images: ImageSet,
    seeds: Iterable[int] = range(3),
    progress: Callable[[], None] = lambda: None,
) -> Standing:
    """Measure a model against held-out pictures, what a seed hardly changes with the first alone.

    progress is told of each evaluation. Raises `InputError` as `evaluate` does.
    """
    seeds = list(seeds)
    first = evaluate(model, images, seed=seeds[0], groups=FIRST_SEED_ALONE)
    progress()
    kids: dict[str, list[Spread]] = {"normal": [], "own": [], "floor": []}
    told: list[float] = []
    for seed in seeds:
        for prior, key in (("normal", "normal"), (None, "own")):
            own = key == "own"
            figures = evaluate(
                model,
                images,
                prior,
                seed,
                groups=("kid", "two_sample") if own else ("kid",),
                anchors=("floor",) if own else (),
            )
            if "kid" not in figures:
                raise InputError(
                    f"{name} cannot be scored on these pictures: {figures['left_out']}"
                )
            kids[key].append(Spread(figures["kid"], figures["kid_sd"]))
            progress()
        kids["floor"].append(Spread(figures["kid_floor"], figures["kid_floor_sd"]))
        if "two_sample_accuracy" in figures:
            told.append(figures["two_sample_accuracy"])
    return Standing(
        name,
        model.default_prior,
        first["sse"],
        *(together(kids[key]) for key in ("normal", "own", "floor")),
        *((fmean(told), min(told), max(told)) if told else (None, None, None)),
        first.get("class_balance"),
    )


def evaluations(seeds: Iterable[int]) -> int:
    """How often `standing` tells its progress."""
    return 1 + 2 * len(list(seeds))


def together(spreads: list[Spread]) -> Spread:
    """One spread for groups of equal size: within the groups and between their means."""
    within = fmean(spread.sd**2 for spread in spreads)
    between = stdev(spread.mean for spread in spreads) ** 2 if len(spreads) > 1 else 0.0
    return Spread(fmean(spread.mean for spread in spreads), (within + between) ** 0.5)


def standings_table(standings: list[Standing]) -> str:
    """Markdown, with a last row that says what real pictures score."""
    floor = ["real pictures", "0", "", standings[0].floor.thousandths(), "", "50%", ""]
    return text_table([HEADER, *(standing.row() for standing in standings), floor])
