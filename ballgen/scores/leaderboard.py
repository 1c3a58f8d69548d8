"""The leaderboard: one row of scores per checkpoint, over several seeds, as a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from ballgen.data.imageset import ImageSet
from ballgen.errors import InputError
from ballgen.models import Model
from ballgen.scores.evaluate import evaluate
from ballgen.scores.metrics import MeanAndSd
from ballgen.util.wording import kid_text, text_table

FIRST_SEED_ONLY = ("reconstruction", "classes")  # what a seed hardly changes
EVERY_SEED = ("kid", "c2st")
HEADER = [
    "model",
    "SSE / image",
    "KID × 1000, N(0, I)",
    "KID × 1000, own prior",
    "own / N(0, I)",
    "C2ST accuracy",
    "network / probe",
    "smallest class share",
]


@dataclass(frozen=True)
class LeaderboardRow:
    """The scores of one checkpoint.

    kid_normal, kid, kid_real  under N(0, I), under the model's own prior, and of real images
                          against real ones: mean over all seeds and subsets, and the standard
                          deviation over subsets and seeds together
    c2st_accuracies       one per seed, because one fresh network may find a difference that another
                          misses: those of the better classifier, and of each; none for want of
                          images
    smallest_class_share  among samples; None where classes are not known
    """

    name: str
    prior: str
    sse: float
    kid_normal: MeanAndSd
    kid: MeanAndSd
    kid_real: MeanAndSd
    c2st_accuracies: tuple[tuple[float, float, float], ...]
    smallest_class_share: float | None

    def cells(self) -> list[str]:
        """What stands in the row, column by column of `HEADER`."""
        share = self.smallest_class_share
        best, network, probe = list(zip(*self.c2st_accuracies, strict=True)) or [()] * 3
        return [
            self.name,
            f"{self.sse:.2f}",
            kid_text(*self.kid_normal),
            f"{kid_text(*self.kid)} ({self.prior})",
            "the same" if self.prior == "normal" else _ratio(self.kid.mean, self.kid_normal.mean),
            f"{fmean(best):.0%} ({min(best):.0%} to {max(best):.0%})" if best else "n/a",
            f"{fmean(network):.0%} / {fmean(probe):.0%}" if best else "n/a",
            "n/a" if share is None else f"{share:.1%}",
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
    seeds: Sequence[int] = range(3),
    progress: Callable[[], None] = lambda: None,
) -> LeaderboardRow:
    """Score a model against held-out images, once per seed.

    progress  called after each seed
    Raises `InputError` as `evaluate` does, and if there are too few images for a KID.
    """
    scores = []
    for seed in seeds:
        groups = EVERY_SEED if scores else EVERY_SEED + FIRST_SEED_ONLY
        scores.append(
            evaluate(model, images, seed=seed, groups=groups, references=("real", "normal"))
        )
        if "kid" not in scores[0]:
            raise InputError(f"{name} cannot be scored on these images: {scores[0]['left_out']}")
        progress()

    def pooled_kid(key: str) -> MeanAndSd:
        return pooled([MeanAndSd(one[key], one[f"{key}_sd"]) for one in scores])

    return LeaderboardRow(
        name,
        model.default_prior,
        scores[0]["sse"],
        *map(pooled_kid, ("kid_normal", "kid", "kid_real")),
        tuple(
            (one["c2st_accuracy"], one["c2st_network"], one["c2st_probe"])
            for one in scores
            if "c2st_accuracy" in one
        ),
        scores[0].get("smallest_class_share"),
    )


def pooled(groups: list[MeanAndSd]) -> MeanAndSd:
    """Mean and sd over groups of equal size: within the groups and between their means."""
    means = [group.mean for group in groups]
    within = fmean(group.sd**2 for group in groups)
    between = stdev(means) ** 2 if len(groups) > 1 else 0.0
    return MeanAndSd(fmean(means), (within + between) ** 0.5)


def leaderboard_table(rows: list[LeaderboardRow]) -> str:
    """Markdown, with a last row that says what real images score."""
    real = ["real images", "0", "", kid_text(*rows[0].kid_real), "", "50%", "50% / 50%", ""]
    return text_table([HEADER, *(row.cells() for row in rows), real])
