"""The ablation study of the four hypotheses: its outcomes, and curves from its table."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from pydantic import TypeAdapter

from ballgen.ui.theme import REAL_COLOUR, family_colour, family_name
from ballgen.ui.why.charts import NORMAL_COLOUR, still_layout
from ballgen.ui.widgets.controls import choose
from ballgen.ui.widgets.tables import lazy_expander
from ballgen.util.paths import PROJECT

STUDY = PROJECT / "studies" / "four_hypotheses"
# All axes meet in this setting.
MIDDLE = {
    "width": 12,
    "latent_dim": 32,
    "images": 5000,
    "classes": 4,
    "sigma": "learned",
    "epochs": 16,
}
KIDS = {
    "kid_normal": ("N(0, I)", "solid", "diamond"),
    "kid_flow": ("fitted prior", "dash", "circle"),
    "kid_reconstructions": ("reconstructions", "dot", "square"),
}
FIGURES = {
    "kid_normal": "KID × 1000, N(0, I)",
    "kid_flow": "fitted prior",
    "kid_reconstructions": "reconstructions",
    "sse": "SSE, reconstructions",
    "sse_posterior": "SSE, codes drawn from the posterior",
    "kl": "KL (nats)",
}
FEW_TIMES = 5  # an axis that spans less is drawn evenly


class Axis(NamedTuple):
    """One thing that was changed.

    column  of the table
    note    why these values, and these families
    """

    column: str
    title: str
    note: str
    families: tuple[str, ...]


class Hypothesis(NamedTuple):
    """A guess at why random samples fail, and what came out."""

    name: str
    question: str
    outcome: str
    axes: tuple[Axis, ...]


def read_hypotheses() -> list[Hypothesis]:
    """What the study asked and found, as it stands beside its table."""
    return TypeAdapter(list[Hypothesis]).validate_json((STUDY / "hypotheses.json").read_bytes())


def show_study() -> None:
    """Show outcomes and curves; nothing where the study was not installed."""
    if not STUDY.is_dir():
        return
    table, hypotheses = read_table(), read_hypotheses()
    st.header("Four hypotheses, tested on drawn balls", anchor=False)
    st.markdown(
        "This ablation study trained again with one thing changed at a time, measured on drawn "
        f"balls: {len(table)} short runs of small plain models, so their figures are not those of "
        "the checkpoints above, nor of other images. Without any other training, a fitted prior "
        "takes the KID × 1000 of samples from 1,404 to 348 (AE) and from 2,321 to 363 (VAE). How "
        "much of that gain does the best setting bring to N(0, I)?"
    )
    for pair in (hypotheses[:2], hypotheses[2:]):
        for hypothesis, column in zip(pair, st.columns(2), strict=True):
            with column, st.container(border=True, height="stretch"):
                st.subheader(hypothesis.question, anchor=False)
                st.markdown(hypothesis.outcome)
    by_name = {hypothesis.name: hypothesis for hypothesis in hypotheses}
    for axis in by_name[choose("Curves of", list(by_name), "tested")].axes:
        _show_axis(table, axis)
    st.caption(
        "Points and bars: mean and standard deviation over three seeds. Design, findings and every "
        "run: `studies/four_hypotheses`."
    )


def read_table() -> pd.DataFrame:
    """One row per run; KIDs in thousandths, the length of training in epochs of 5,000 images."""
    table = pd.read_csv(STUDY / "study.csv", dtype={"sigma": str})
    table[list(KIDS)] *= 1000
    table["epochs"] = table["epochs"] * table["images"] // MIDDLE["images"]
    return table


def points(table: pd.DataFrame, axis: Axis, family: str) -> pd.DataFrame:
    """Figures over the seeds: a row per value of the axis, columns (figure, "mean" or "std")."""
    others = [name for name in MIDDLE if name != axis.column]
    same = (table[others] == pd.Series(MIDDLE)[others]).all(axis=1)
    rows = table[same & (table["family"] == family)]
    return rows.groupby(axis.column)[list(FIGURES)].agg(["mean", "std"])


def _show_axis(table: pd.DataFrame, axis: Axis) -> None:
    st.subheader(axis.title, anchor=False)
    st.caption(axis.note)
    found = {family: points(table, axis, family) for family in axis.families}
    charts = [(family, kid_chart(found[family], axis, family), "KID") for family in found]
    if axis.column == "sigma":
        charts.append(("vae", rate_distortion_chart(found["vae"]), "error"))
    for (family, figure, what), column in zip(charts, st.columns(2), strict=False):
        short = family_name(family).short
        column.plotly_chart(
            figure,
            key=f"tested-{axis.column}-{family}-{what}",
            config={"displayModeBar": False},
            alt=f"{what} of the {short} over: {axis.title}",
        )
        column.caption(short)
    if inside := lazy_expander(f"{axis.title} as a table", f"{axis.column}_table"):
        for family, rows in found.items():
            known = [name for name in FIGURES if rows[name].notna().all(axis=None)]
            inside.dataframe(
                pd.DataFrame({FIGURES[name]: _texts(rows[name]) for name in known}, rows.index),
                key=f"tested-{axis.column}-{family}-table",
                alt=f"Means and standard deviations of the {family_name(family).short}",
            )


def _texts(figure: pd.DataFrame) -> list[str]:
    """ "mean ± sd" of each row."""

    def number(value: float) -> str:
        return f"{value:,.{0 if value >= 100 else 1 if value >= 10 else 2}f}"

    return [f"{number(mean)} ± {number(sd)}" for mean, sd in figure[["mean", "std"]].to_numpy()]


def kid_chart(rows: pd.DataFrame, axis: Axis, family: str) -> go.Figure:
    """KID × 1000 along an axis: of N(0, I), of the fitted prior and of reconstructions."""
    colours = (NORMAL_COLOUR, family_colour(family), REAL_COLOUR)
    figure = go.Figure(layout=still_layout())
    for (name, (title, dash, symbol)), colour in zip(KIDS.items(), colours, strict=True):
        figure.add_scatter(
            x=rows.index.tolist(),
            y=rows[name]["mean"].tolist(),
            error_y={"array": rows[name]["std"].tolist()},
            customdata=_texts(rows[name]),
            mode="lines+markers",
            name=title,
            line={"color": colour, "dash": dash, "width": 2},
            marker={"symbol": symbol, "size": 8},
            hovertemplate=f"%{{x}}: %{{customdata}}<extra>{title}</extra>",
        )
    if axis.column == "sigma":  # a word among the numbers
        scale = {"type": "category"}
    else:
        wide = rows.index.max() > FEW_TIMES * rows.index.min()
        ticks = {"tickvals": rows.index.tolist(), "ticktext": [f"{n:,}" for n in rows.index]}
        scale = {"type": "log" if wide else "linear"} | ticks
    figure.update_xaxes(title=axis.title, **scale)
    return figure.update_yaxes(title="KID × 1000", type="log", dtick=1)


def rate_distortion_chart(rows: pd.DataFrame) -> go.Figure:
    """Rate (KL) against distortion (squared error) of a VAE, per σ (Alemi et al. 2018)."""
    figure = go.Figure(layout=still_layout())
    for title, part, symbol, place in (
        ("fixed σ", rows.drop(index="learned"), "circle", "top right"),
        ("σ learned", rows.loc[["learned"]], "star", "top left"),
    ):
        rate, distortion = part["kl"], part["sse_posterior"]
        figure.add_scatter(
            x=rate["mean"].tolist(),
            y=distortion["mean"].tolist(),
            error_x={"array": rate["std"].tolist()},
            error_y={"array": distortion["std"].tolist()},
            text=part.index.tolist(),
            customdata=list(zip(_texts(rate), _texts(distortion), strict=True)),
            mode="lines+markers+text",
            textposition=place,
            name=title,
            line={"color": family_colour("vae"), "width": 2},
            marker={"symbol": symbol, "size": 9},
            hovertemplate="σ %{text}: KL %{customdata[0]}, error %{customdata[1]}<extra></extra>",
        )
    figure.update_xaxes(title="rate: KL, nats per image")
    return figure.update_yaxes(title="distortion: squared error per image", type="log")
