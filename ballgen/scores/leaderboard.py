"""The leaderboard: one row of scores per checkpoint, over several seeds, as a table."""

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
    "C2ST accuracy",
    "smallest class share",
]


@dataclass(frozen=True)
class Spread:
    """A mean and the standard deviation around it."""

    mean: float
    sd: float

    def thousandths(self) -> str:
        return f"{1000 * self.mean:.1f} ± {1000 * self.sd:.1f}"


@dataclass(frozen=True)
class LeaderboardRow:
    """The scores of one checkpoint.

    kid_normal, kid, kid_real  KID under N(0, I), under the model's own prior and of real images
                          against real ones: mean over all seeds and subsets, and the standard
                          deviation over subsets and seeds together
    c2st_accuracy, c2st_min, c2st_max  mean, minimum and maximum over all seeds, because one fresh
                          network may find a difference that another misses; None for want of
                          images
    smallest_class_share  among samples; None where classes are not known
    """

    name: str
    prior: str
    sse: float
    kid_normal: Spread
    kid: Spread
    kid_real: Spread
    c2st_accuracy: float | None
    c2st_min: float | None
    c2st_max: float | None
    smallest_class_share: float | None

    def row(self) -> list[str]:
        own = f"{self.kid.thousandths()} ({self.prior})"
        return [
            self.name,
            f"{self.sse:.2f}",
            self.kid_normal.thousandths(),
            own,
            "the same" if self.prior == "normal" else _ratio(self.kid.mean, self.kid_normal.mean),
            "n/a"
            if self.c2st_accuracy is None
            else f"{self.c2st_accuracy:.0%} ({self.c2st_min:.0%} to {self.c2st_max:.0%})",
            "n/a" if self.smallest_class_share is None else f"{self.smallest_class_share:.1%}",
        ]


def _ratio(own: float, normal: float) -> str:
    """1/230 where the own prior is far better, 0.7 or 6.6 where it is not."""
    if own <= 0 or normal <= 0:
        return "n/a"  # an unbiased estimate may fall below 0
    return f"1/{normal / own:.0f}" if own <= normal / 2 else f"{own / normal:.2g}"


def leaderboard_row(
    name: str,
    model: Model,
    images: ImageSet,
    seeds: Iterable[int] = range(3),
    progress: Callable[[], None] = lambda: None,
) -> LeaderboardRow:
    """Measure a model against held-out pictures, what a seed hardly changes with the first alone.

    progress is told of each evaluation. Raises `InputError` as `evaluate` does.
    """
    seeds = list(seeds)
    first = evaluate(model, images, seed=seeds[0], groups=FIRST_SEED_ALONE)
    progress()
    kids: dict[str, list[Spread]] = {"normal": [], "own": [], "real": []}
    accuracies: list[float] = []
    for seed in seeds:
        for prior, key in (("normal", "normal"), (None, "own")):
            own = key == "own"
            figures = evaluate(
                model,
                images,
                prior,
                seed,
                groups=("kid", "c2st") if own else ("kid",),
                anchors=("real",) if own else (),
            )
            if "kid" not in figures:
                raise InputError(
                    f"{name} cannot be scored on these pictures: {figures['left_out']}"
                )
            kids[key].append(Spread(figures["kid"], figures["kid_sd"]))
            progress()
        kids["real"].append(Spread(figures["kid_real"], figures["kid_real_sd"]))
        if "c2st_accuracy" in figures:
            accuracies.append(figures["c2st_accuracy"])
    return LeaderboardRow(
        name,
        model.default_prior,
        first["sse"],
        *(pooled(kids[key]) for key in ("normal", "own", "real")),
        *((fmean(accuracies), min(accuracies), max(accuracies)) if accuracies else (None,) * 3),
        first.get("smallest_class_share"),
    )


def evaluation_count(seeds: Iterable[int]) -> int:
    """How often `leaderboard_row` tells its progress."""
    return 1 + 2 * len(list(seeds))


def pooled(spreads: list[Spread]) -> Spread:
    """One spread for groups of equal size: within the groups and between their means."""
    within = fmean(spread.sd**2 for spread in spreads)
    between = stdev(spread.mean for spread in spreads) ** 2 if len(spreads) > 1 else 0.0
    return Spread(fmean(spread.mean for spread in spreads), (within + between) ** 0.5)


def leaderboard_table(rows: list[LeaderboardRow]) -> str:
    """Markdown, with a last row that says what real pictures score."""
    real = ["real images", "0", "", rows[0].kid_real.thousandths(), "", "50%", ""]
    return text_table([HEADER, *(row.row() for row in rows), real])
