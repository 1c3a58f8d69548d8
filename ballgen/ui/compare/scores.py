"""The table behind the pictures: every figure in words, a column for every selected model."""

from __future__ import annotations

import math

import streamlit as st

from ballgen.checkpoint.folder import Checkpoint
from ballgen.errors import InputError
from ballgen.scores.c2st import wilson_interval
from ballgen.ui.session.loading import open_checkpoint
from ballgen.ui.session.selection import Selection
from ballgen.util.wording import duration, prior_name, thousandths

UNKNOWN = "–"
KIDS = {
    "kid": "KID × 1000 from its own prior",
    "kid_normal": "KID × 1000 from the standard normal prior",
    "kid_real": "KID × 1000 of real images against real ones",
}
STORED = {
    "c2st_accuracy": (
        "C2ST accuracy: one fresh network tells samples from real, 50% is perfect",
        "{:.1%}",
    ),
    "smallest_class_share": ("Smallest class share among samples", "{:.1%}"),
    "smallest_class_share_real": ("Smallest class share among real images", "{:.1%}"),
    "coverage": ("Real pictures with a sample nearby", "{:.0%}"),
    "nearest_closer": (
        "How often a sample is nearer to the training pictures than a held-out one, 50% is usual",
        "{:.0%}",
    ),
    "mse": ("Rebuilt: squared error, mean over pixels and channels", "{:.5f}"),
    "sse": ("Rebuilt: squared error, summed per picture", "{:.2f}"),
}
HOW_SURE = (
    "KID: mean ± standard deviation over random subsets of test pictures and samples. Brackets: "
    "95% interval for this network and these pictures; another network, which may find what this "
    "one missed, or another training may differ by more."
)
COUNTS = {
    "smallest_class_share": "count",
    "coverage": "coverage_count",
}  # of what a share is a share
SHARES = ("nearest_closer",)  # that an error is known of
Z = 1.96  # standard errors to either side that hold the true mean with 95% confidence


def show_figures(selection: Selection) -> None:
    """Scores, size and cost of every selected model."""
    columns = {}
    for slot in selection.slots:
        try:
            checkpoint = open_checkpoint(slot.info) if slot.info else None
        except InputError:
            continue  # said above, where the samples would be
        if checkpoint:
            columns[slot.title] = {"Checkpoint": slot.info.name} | _column(checkpoint)
    if not columns:
        return
    st.header("Figures", anchor=False)
    names = list(dict.fromkeys(name for column in columns.values() for name in column))
    st.container(key="figures").table(
        {"Figure": names}
        | {
            title: [column.get(name, UNKNOWN) for name in names]
            for title, column in columns.items()
        },
        border="horizontal",
        hide_index=True,
        alt="Scores, size and cost of every selected model",
    )
    st.caption(HOW_SURE)


def _column(checkpoint: Checkpoint) -> dict[str, str]:
    record, scores, model = checkpoint.record, checkpoint.scores, checkpoint.model
    column = {}
    for name, title in KIDS.items():
        if name in scores:
            column[title] = thousandths(scores[name], scores[f"{name}_sd"])
    for name, (title, form) in STORED.items():
        if name in scores:
            column[title] = form.format(scores[name])
            if ends := _interval(scores, name):
                column[title] += " [{}, {}]".format(*map(form.format, ends))
    return column | {
        "Numbers in a code": f"{model.latent_dim}",
        "Parameters": f"{record['parameters']:,}",
        "Pictures seen in training": f"{record['images']:,}",
        "Training time": duration(record["seconds"]),
        "Own prior": prior_name(scores.get("prior", model.recipe.prior)),
        "Recipe": model.recipe.name,
    }


def _interval(scores: dict, name: str) -> tuple[float, float] | None:
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
    most = 1.0 if name in SHARES else math.inf
    return max(0.0, scores[name] - Z * error), min(most, scores[name] + Z * error)
