"""Every figure and setting of checkpoints that stand beside each other on pages and in reports."""

from collections.abc import Mapping, Sequence
from typing import Any

from ballgen.checkpoint.folder import Checkpoint
from ballgen.models.base import Model
from ballgen.report.contents import Rows
from ballgen.scores.c2st import wilson_interval
from ballgen.util.history import best_in_words
from ballgen.util.settings import settings
from ballgen.util.wording import duration, kid_text, listed, prior_name

KIDS = {
    "kid": "KID × 1000, default prior",
    "kid_normal": "KID × 1000, N(0, I)",
    "kid_real": "KID × 1000, real vs real: the baseline",
    "kid_mean_image": "KID × 1000, always the mean image: nothing learned",
}
MORE_KIDS = {
    "kid_reconstructions": "KID × 1000, reconstructions",
    "kid_noise": "KID × 1000, noise",
}
STORED = {
    "c2st_accuracy": ("C2ST accuracy of the better classifier, 50% is perfect", "{:.1%}"),
    "c2st_network": ("… a fresh small network", "{:.1%}"),
    "c2st_probe": ("… a linear probe on features of ImageNet", "{:.1%}"),
    "smallest_class_share": ("Smallest class share, samples", "{:.1%}"),
    "smallest_class_share_real": ("Smallest class share, real images", "{:.1%}"),
    "coverage": ("Coverage: real images with a sample nearby", "{:.0%}"),
    "copies": ("Samples nearer to a training image than any held-out one: copies", "{:.1%}"),
    "mse": ("Reconstruction: MSE per pixel and channel", "{:.5f}"),
    "sse": ("Reconstruction: SSE per image", "{:.2f}"),
    "psnr": ("Reconstruction: PSNR in dB", "{:.1f}"),
    "ssim": ("Reconstruction: SSIM", "{:.3f}"),
}
BETTER = {
    "kid": "↓",
    "kid_normal": "↓",
    "coverage": "↑",
    "copies": "↓",
    "mse": "↓",
    "sse": "↓",
    "psnr": "↑",
    "ssim": "↑",
}
IN_FEATURES = {"kid", "kid_normal", "coverage"}  # of which other features say something else
MORE_STORED = {
    "mse_train": ("Reconstruction: MSE, training images", "{:.5f}"),
    "mse_mean_image": ("Always the mean image: MSE, nothing learned", "{:.5f}"),
    "diversity": ("How much samples differ, where real images do by 100%", "{:.0%}"),
}
ABSENT = "–"  # where a family has no such setting
FEATURES = "Features of KID and coverage"
HOW_SURE = (
    "KID: mean ± standard deviation over random subsets of test images and samples. Brackets: 95% "
    "interval; another training may differ by more."
)
CLASSIFIERS = (
    " C2ST: two classifiers learn to tell samples from real images; others may find what these "
    "missed."
)
COUNTS = {
    "smallest_class_share": "count",
    "coverage": "coverage_count",
}  # of what a share is a share
UNEQUAL = 3.0  # times as many images seen in training: no fair comparison
Z = 1.96  # standard errors to either side that hold the true mean with 95% confidence


def how_sure(columns: list[dict[str, str]]) -> str:
    """What ± and brackets mean, below a table of `metrics`."""
    tested = any(STORED["c2st_accuracy"][0] in column for column in columns)
    return HOW_SURE + CLASSIFIERS if tested else HOW_SURE


def metrics(checkpoint: Checkpoint, every: bool = False) -> dict[str, str]:
    """Scores by name; what was not measured is left out.

    every  those that conclusions are drawn from, too
    """
    scores, column = checkpoint.scores, {}
    for name, title in (KIDS | MORE_KIDS if every else KIDS).items():
        if name in scores:
            column[title] = kid_text(scores[name], scores[f"{name}_sd"])
    for name, (title, form) in (STORED | MORE_STORED if every else STORED).items():
        if name in scores:
            column[title] = form.format(scores[name])
            if ends := _interval(scores, name):
                column[title] += " [{}, {}]".format(*map(form.format, ends))
    return column | {FEATURES: scores.get("features", "balls")}


def grouped(column: dict[str, str]) -> dict[str, dict[str, str]]:
    """Figures of `metrics` by what they are of, each with an arrow to where it is better."""
    groups: dict[str, dict[str, str]] = {"Samples": {}, "Reconstructions": {}}
    arrows = {_title(name): arrow for name, arrow in BETTER.items()}
    for title, text in column.items():
        group, short = _in_group(title)
        groups[group][f"{short} {arrows.get(title, '')}".rstrip()] = text
    return groups


def best(scores: Sequence[Mapping[str, Any]]) -> dict[str, list[int]]:
    """Which of several checkpoints are best, by the figures' names in `grouped`.

    Whoever lies within the error of the best one is as good. Left out are figures whose error is
    not known, what all have alike, and what was measured in different features.
    """
    found = {}
    alike = len({some.get("features", "balls") for some in scores}) == 1
    for name, arrow in BETTER.items():
        known = {
            number: (some[name], error)
            for number, some in enumerate(scores)
            if name in some and (error := _error(some, name)) is not None
        }
        if not known or (name in IN_FEATURES and not alike):
            continue
        first, its_error = (max if arrow == "↑" else min)(known.values())
        good = [
            number
            for number, (value, error) in known.items()
            if abs(value - first) <= max(error, its_error)
        ]
        if len(good) < len(known):
            found[f"{_in_group(_title(name))[1]} {arrow}"] = good
    return found


def _error(scores: Mapping[str, Any], name: str) -> float | None:
    """The ± of a KID, half an interval of the others; None where neither is known."""
    if ends := _interval(scores, name):
        return (ends[1] - ends[0]) / 2
    return scores.get(f"{name}_sd")


def _title(name: str) -> str:
    return KIDS[name] if name in KIDS else STORED[name][0]


def _in_group(title: str) -> tuple[str, str]:
    """The group of a figure, and its title there."""
    prefix, colon, short = title.partition("Reconstruction: ")
    return ("Reconstructions", short) if colon and not prefix else ("Samples", title)


def size_and_cost(checkpoint: Checkpoint) -> dict[str, str]:
    """How large a model is, and what its training took, by name."""
    record, model, history = checkpoint.record, checkpoint.model, checkpoint.history
    size = model.recipe.network.latent_dim
    return {
        "Latent dimensions": f"{size}{' and a class' if model.latent_dim > size else ''}",
        "Parameters": f"{record['parameters']:,}",
        "Training images": f"{record['data']['train_images']:,}",
        "Images seen in training": f"{record['images']:,}",
        "Training time": duration(record["seconds"]),
        **({"Best epoch by validation": best} if (best := best_in_words(history)) else {}),
        "Default prior": prior_name(model.default_prior),
        "Recipe": model.recipe.name,
    }


def unequal_lengths(checkpoints: Mapping[str, Checkpoint]) -> str:
    """What to say of checkpoints, by title, of which one saw far fewer images; "" if none did."""
    seen = {title: checkpoint.record["images"] for title, checkpoint in checkpoints.items()}
    if not seen or max(seen.values()) <= UNEQUAL * min(seen.values()):
        return ""
    counts = listed([f"{title} {count:,}" for title, count in seen.items()])
    return f"Images seen in training: {counts}. What differs may be that alone."


def _interval(scores: Mapping[str, Any], name: str) -> tuple[float, float] | None:
    """The ends that hold the true figure with 95% confidence, where they are stored or follow."""
    if name == "c2st_accuracy" and "c2st_low" in scores:
        return scores["c2st_low"], scores["c2st_high"]
    if name in COUNTS and COUNTS[name] in scores:
        count = scores[COUNTS[name]]
        return wilson_interval(round(scores[name] * count), count)
    error = scores.get(f"{name}_se")
    if name == "mse" and scores.get("sse_se"):  # the same errors, shared among more numbers
        error = scores["sse_se"] * scores["mse"] / scores["sse"]
    if not error:
        return None
    return max(0.0, scores[name] - Z * error), scores[name] + Z * error


# --- settings ------------------------------------------------------------------------------------


def compare_settings(models: dict[str, Model]) -> tuple[Rows, Rows]:
    """Every setting of the models' recipes, and those that differ; the first row is the header.

    models  by what they are called
    """
    columns = [_settings_of(model) for model in models.values()]
    paths = dict.fromkeys(path for column in columns for path in column)
    rows = [(path, *(column.get(path, ABSENT) for column in columns)) for path in paths]
    header = ("setting", *models)
    return (header, *rows), (header, *(row for row in rows if len(set(row[1:])) > 1))


def _settings_of(model: Model) -> dict[str, str]:
    return {
        setting.path: _setting_text(setting.value, setting.unit)
        for setting in settings(model.recipe)
        if setting.path not in ("name", "summary")
    }


def _setting_text(value: object, unit: str) -> str:
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    number = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{number} {unit.removesuffix('s') if value == 1 else unit}".rstrip()
