"""The ablation study of the four hypotheses, as one plot of what each factor brings at best."""

from __future__ import annotations

import csv
import math
from statistics import mean, stdev
from typing import NamedTuple

import streamlit as st

from ballgen.ui.theme import family_colour, family_name
from ballgen.ui.why.charts import Dot, dot_plot
from ballgen.ui.widgets.tables import lazy_expander, show_table
from ballgen.util.paths import PROJECT
from ballgen.util.wording import kid_text, percent

STUDY = PROJECT / "studies" / "four_hypotheses"
# What was changed, by its column; all factors meet in the value given here.
MIDDLE = {
    "width": ("Width of the network", "12"),
    "images": ("Training images", "5000"),
    "classes": ("Classes of balls", "4"),
    "latent_dim": ("Latent dimensions", "32"),
    "sigma": ("Width σ of the decoder's Gaussian", "learned"),
    "epochs": ("Epochs", "16"),
}
FAMILIES = ("ae", "vae")
SCATTERS = 2  # standard errors: a smaller gain may be chance


class Gain(NamedTuple):
    """What the best value of a factor brings to samples of N(0, I).

    best, usual    the value, and the one in the middle where all factors meet
    share          of what a fitted prior brings there
    spread         two standard errors of that share, over the seeds
    before, after  KID of N(0, I)'s samples, in the middle and at the best value
    """

    best: str
    usual: str
    share: float
    spread: float
    before: float
    after: float


def read_table() -> list[dict[str, str]]:
    """One row per run; the length of training in epochs of the middle's images."""
    with (STUDY / "study.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    usual = int(MIDDLE["images"][1])
    for row in rows:
        row["epochs"] = str(int(row["epochs"]) * int(row["images"]) // usual)
    return rows


def gain(table: list[dict[str, str]], factor: str, family: str) -> Gain | None:
    """What a factor brings a family; None if it was not changed there."""
    others = {name: usual for name, (_, usual) in MIDDLE.items() if name != factor}
    kids: dict[str, list[float]] = {}
    fitted = []
    usual = MIDDLE[factor][1]
    for row in table:
        if row["family"] == family and all(row[name] == value for name, value in others.items()):
            kids.setdefault(row[factor], []).append(float(row["kid_normal"]))
            if row[factor] == usual:
                fitted.append(float(row["kid_flow"]))
    if len(kids) < 2:
        return None
    best = min(kids, key=lambda value: mean(kids[value]))
    before, after = mean(kids[usual]), mean(kids[best])
    whole = before - mean(fitted)
    error = math.hypot(*(stdev(kids[v]) / math.sqrt(len(kids[v])) for v in (usual, best)))
    spread = SCATTERS * error / whole if best != usual else 0.0
    return Gain(best, usual, (before - after) / whole, spread, before, after)


def show_study() -> None:
    """The plot, and the table behind it; nothing where the study was not installed."""
    if not STUDY.is_dir():
        return
    table = read_table()
    gains = {
        (factor, family): found
        for factor in MIDDLE
        for family in FAMILIES
        if (found := gain(table, factor, family))
    }
    st.subheader("What other training brought, on drawn balls", anchor=False)
    st.caption(
        f"An ablation study: {len(table)} short runs of small plain models on drawn balls, one "
        "thing changed at a time. Its figures are neither those of the models above nor of other "
        "images. A dot is what the best value brings samples of N(0, I), as a share of what a "
        "fitted prior brings without any training; whiskers are two standard errors over three "
        "seeds. A whisker that reaches 0% may be chance."
    )
    rows = {"A fitted prior": ("and nothing else", [_dot(family, 1.0) for family in FAMILIES])}
    for factor, (title, usual) in MIDDLE.items():
        found = {family: gains[factor, family] for family in FAMILIES if (factor, family) in gains}
        note = ", ".join(
            f"{family_name(family).short}: {_value(one.best)}" for family, one in found.items()
        )
        rows[title] = (
            f"{note} (usual {_value(usual)})",
            [_dot(family, one.share, one.spread) for family, one in found.items()],
        )
    chart = dot_plot(rows, "What each factor brings at best; the table below has the figures")
    with st.container(key="study"):
        st.html(chart)
    st.caption("Round: AE. Square on its corner: VAE. Every run: `studies/four_hypotheses`.")
    if inside := lazy_expander("The study as a table", "study_table"):
        with inside:
            _show_table(gains)


def _dot(family: str, share: float, spread: float = 0.0) -> Dot:
    said = f"{family_name(family).short}: {percent(share)}"
    return Dot(share, spread, family_colour(family), family == "ae", said)


def _show_table(gains: dict[tuple[str, str], Gain]) -> None:
    show_table(
        {
            "Factor": [MIDDLE[factor][0] for factor, _ in gains],
            "Family": [family_name(family).short for _, family in gains],
            "Usual": [_value(one.usual) for one in gains.values()],
            "Best": [_value(one.best) for one in gains.values()],
            "KID × 1000 of N(0, I)": [kid_text(one.before) for one in gains.values()],
            "… at the best": [kid_text(one.after) for one in gains.values()],
            "Share of a fitted prior's gain": [
                f"{percent(one.share)} ± {percent(one.spread)}" for one in gains.values()
            ],
        },
        alt="What each factor brings at best, for each family",
    )


def _value(text: str) -> str:
    return f"{int(text):,}" if text.isdigit() else text
