"""The leaderboard: one row of scores per checkpoint, over several seeds, as a table."""

from collections.abc import Callable, Sequence
from statistics import fmean, stdev

from ballgen.data.imageset import ImageSet
from ballgen.errors import InputError
from ballgen.models import Model
from ballgen.scores.evaluate import evaluate
from ballgen.scores.metrics import MeanAndSd
from ballgen.util.wording import kid_text, text_table

FIRST_SEED_ONLY = ("reconstruction", "classes")  # what a seed hardly changes
EVERY_SEED = ("kid", "c2st")
REAL = "KID × 1000, real"  # of real images against real ones: the last row's


def leaderboard_row(
    name: str,
    model: Model,
    images: ImageSet,
    seeds: Sequence[int] = range(3),
    features: str | None = None,
    progress: Callable[[], None] = lambda: None,
) -> dict[str, str]:
    """Score a model against held-out images, once per seed: a row by its columns.

    A KID is the mean over all seeds and subsets, with the standard deviation over both together.
    C2ST is measured with every seed, because one fresh network may find a difference that another
    misses.

    features  the space of KID, as `evaluate` takes it
    progress  called after each seed
    Raises `InputError` as `evaluate` does, and if there are too few images for a KID.
    """
    scores = []
    for seed in seeds:
        groups = EVERY_SEED if scores else EVERY_SEED + FIRST_SEED_ONLY
        scores.append(
            evaluate(
                model,
                images,
                seed=seed,
                features=features,
                groups=groups,
                references=("real", "normal"),
            )
        )
        if "kid" not in scores[0]:
            raise InputError(f"{name} cannot be scored on these images: {scores[0]['left_out']}")
        progress()
    first, prior = scores[0], model.default_prior
    normal, default, real = (
        pooled([MeanAndSd(one[key], one[f"{key}_sd"]) for one in scores])
        for key in ("kid_normal", "kid", "kid_real")
    )
    tested = [one for one in scores if "c2st_accuracy" in one]
    best, network, probe = (
        [one[f"c2st_{which}"] for one in tested] for which in ("accuracy", "network", "probe")
    )
    share = first.get("smallest_class_share")
    return {
        "model": name,
        "SSE / image": f"{first['sse']:.2f}",
        "KID × 1000, N(0, I)": kid_text(*normal),
        "KID × 1000, default prior": f"{kid_text(*default)} ({prior})",
        "default / N(0, I)": "the same" if prior == "normal" else ratio(default.mean, normal.mean),
        "C2ST accuracy": (
            f"{fmean(best):.0%} ({min(best):.0%} to {max(best):.0%})" if best else "n/a"
        ),
        "network / probe": f"{fmean(network):.0%} / {fmean(probe):.0%}" if best else "n/a",
        "smallest class share": "n/a" if share is None else f"{share:.1%}",
        REAL: kid_text(*real),
    }


def ratio(default: float, normal: float) -> str:
    """1/230 where the default prior is far better, 0.7 or 6.6 where it is not."""
    if default <= 0 or normal <= 0:
        return "n/a"  # an unbiased estimate may fall below 0
    return f"1/{normal / default:.0f}" if default <= normal / 2 else f"{default / normal:.2g}"


def pooled(groups: list[MeanAndSd]) -> MeanAndSd:
    """Mean and sd over groups of equal size: within the groups and between their means."""
    means = [group.mean for group in groups]
    within = fmean(group.sd**2 for group in groups)
    between = stdev(means) ** 2 if len(groups) > 1 else 0.0
    return MeanAndSd(fmean(means), (within + between) ** 0.5)


def leaderboard_table(rows: list[dict[str, str]]) -> str:
    """Markdown, with a last row that says what real images score."""
    header = [name for name in rows[0] if name != REAL]
    real = ["real images", "0", "", rows[0][REAL], "", "50%", "50% / 50%", ""]
    return text_table([header, *([row[name] for name in header] for row in rows), real])
