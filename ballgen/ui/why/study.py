"""The four guesses, tested: curves and verdicts from study.csv, as far as it is filled."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from ballgen.errors import InputError
from ballgen.ui.theme import REAL_COLOUR, family_colour, family_name
from ballgen.ui.why.charts import NORMAL_COLOUR, still_layout
from ballgen.ui.widgets.tables import lazy_expander
from studies.four_hypotheses.design import GUESSES, STUDY, Axis
from studies.four_hypotheses.findings import Point, points
from studies.four_hypotheses.report import axis_table, paragraph, point_text, seeds_text, value_text
from studies.four_hypotheses.table import Row, read_table, rows_of, table_path

COMMAND = "python -m studies.four_hypotheses"
SEEDS = 3  # what the command makes by default
SHORT = {
    "size": "Model size",
    "data": "Data",
    "latent": "Latent size",
    "training": "Regularisation, training",
}
KIDS = {
    "kid_normal": ("N(0, I)", "solid", "diamond"),
    "kid_flow": ("fitted prior", "dash", "circle"),
    "kid_rebuilt": ("rebuilt", "dot", "square"),
}
SMALLEST = 1e-4  # a KID of 0 or less has no place on a logarithmic axis: it is drawn here
FEW_TIMES = 5  # an axis that spans less is drawn evenly


def show_study() -> None:
    """What the runs of the study say so far; without any, how to begin."""
    st.header("The four guesses, tested", anchor=False)
    try:
        rows = rows_of(STUDY, read_table(table_path()))
    except InputError as error:
        st.warning(str(error), icon=":material/table:")
        return
    wanted = len(STUDY.trials(SEEDS))
    if not rows:
        st.info(
            f"No run yet. `{COMMAND} --plan` says how long its {wanted} short trainings take here; "
            f"`{COMMAND} --only size --seeds 1` begins with one guess. The curves grow row by row.",
            icon=":material/science:",
        )
        return
    st.markdown(
        "Trained again with one thing changed at a time. For each guess: how much nearer does the "
        "best setting bring N(0, I), against a fitted prior that nothing was trained again for?"
    )
    guesses = list(GUESSES)
    for pair in (guesses[:2], guesses[2:]):
        for guess, column in zip(pair, st.columns(2), strict=True):
            with column, st.container(border=True, height="stretch", key=f"tested-{guess}"):
                st.subheader(GUESSES[guess], anchor=False)
                st.markdown(paragraph(rows, STUDY, guess))
    chosen = st.segmented_control(
        "Curves of",
        list(SHORT.values()),
        default=next(iter(SHORT.values())),
        required=True,
        key="tested",
        bind="query-params",
    )
    guess = next((key for key, name in SHORT.items() if name == chosen), guesses[0])
    for axis in STUDY.axes:
        if axis.guess == guess:
            _show_axis(rows, axis)
    st.caption(
        f"{len(rows)} of {wanted} runs stand in the table; `{COMMAND}` makes the others. Bars: "
        "standard deviation over the seeds."
    )


def _show_axis(rows: list[Row], axis: Axis) -> None:
    shown = [family for family in axis.families if points(rows, STUDY, axis, family, "kid_normal")]
    title = axis.title[0].upper() + axis.title[1:]
    st.subheader(title, anchor=False)
    st.caption(f"{axis.reason[0].upper()}{axis.reason[1:]}.")
    if not shown:
        st.caption("No run yet.")
        return
    charts = [(family, _kids_of(rows, axis, family), "KID") for family in shown]
    if axis.field == "sigma":
        charts += [(family, _rate_distortion(rows, axis, family), "error") for family in shown]
    for (family, figure, what), column in zip(charts, st.columns(2), strict=False):
        seeds = [one.seeds for one in points(rows, STUDY, axis, family, "kid_normal")]
        with column:
            st.plotly_chart(
                figure,
                key=f"tested-{axis.field}-{family}-{what}",
                config={"displayModeBar": False},
                alt=f"{what} of the {family_name(family).short} over the {axis.title}",
            )
            st.caption(
                f"{family_name(family).short}. Seeds behind each point: {seeds_text(seeds)}."
            )
    if fold := lazy_expander(f"{title} as a table", f"{axis.field}_table"):
        for family in shown:
            header, *lines = axis_table(rows, STUDY, axis, family)
            fold.dataframe(
                pd.DataFrame(lines, columns=header),
                hide_index=True,
                key=f"tested-{axis.field}-{family}-table",
                alt=f"Means and standard deviations of the {family_name(family).short}",
            )


def _kids_of(rows: list[Row], axis: Axis, family: str) -> go.Figure:
    """KID × 1000 along an axis: of N(0, I), of the fitted prior, and of rebuilt pictures."""
    colours = dict(zip(KIDS, (NORMAL_COLOUR, family_colour(family), REAL_COLOUR), strict=True))
    figure = go.Figure()
    for name, (title, dash, symbol) in KIDS.items():
        there = points(rows, STUDY, axis, family, name)
        figure.add_scatter(
            x=[_place(axis, one) for one in there],
            y=[1000 * max(one.mean, SMALLEST) for one in there],
            error_y={"array": [1000 * (one.sd or 0) for one in there]},
            customdata=[_said(one, name) for one in there],
            mode="lines+markers",
            name=title,
            line={"color": colours[name], "dash": dash, "width": 2},
            marker={"symbol": symbol, "size": 8},
            hovertemplate=f"%{{customdata}}<extra>{title}</extra>",
        )
    figure.update_layout(**still_layout())
    figure.update_xaxes(title=axis.title, **_scale(axis))
    figure.update_yaxes(title="KID × 1000", type="log", dtick=1)
    return figure


def _rate_distortion(rows: list[Row], axis: Axis, family: str) -> go.Figure:
    """What a picture's code tells (KL) against what is lost of the picture, per σ."""
    rates = {one.value: one for one in points(rows, STUDY, axis, family, "kl")}
    losses = {one.value: one for one in points(rows, STUDY, axis, family, "sse_drawn")}
    fixed = [value for value in rates if value is not None]
    figure = go.Figure()
    for title, values, symbol in (
        ("fixed σ", fixed, "circle"),
        ("σ learned", [value for value in rates if value is None], "star"),
    ):
        figure.add_scatter(
            x=[rates[value].mean for value in values],
            y=[losses[value].mean for value in values],
            error_x={"array": [rates[value].sd or 0 for value in values]},
            error_y={"array": [losses[value].sd or 0 for value in values]},
            text=[value_text(value) for value in values],
            customdata=[
                f"{point_text(rates[value], 'kl')} nats, squared error "
                f"{point_text(losses[value], 'sse_drawn')}, seeds: {rates[value].seeds}"
                for value in values
            ],
            mode="lines+markers+text",
            textposition="top left" if symbol == "star" else "top right",
            name=title,
            line={"color": family_colour(family), "width": 2},
            marker={"symbol": symbol, "size": 11 if symbol == "star" else 8},
            hovertemplate="σ %{text}: %{customdata}<extra></extra>",
        )
    figure.update_layout(**still_layout())
    figure.update_xaxes(title="distance from the prior (KL, nats per picture)")
    figure.update_yaxes(title="squared error per picture", type="log")
    return figure


def _place(axis: Axis, one: Point) -> float | str:
    return value_text(one.value) if None in axis.values else one.value


def _said(one: Point, figure: str) -> str:
    return f"{value_text(one.value)}: {point_text(one, figure)}, seeds: {one.seeds}"


def _scale(axis: Axis) -> dict:
    words = [value_text(value) for value in axis.values]
    if None in axis.values:  # a word among the numbers
        return {"type": "category", "categoryorder": "array", "categoryarray": words}
    scale = "log" if max(axis.values) > FEW_TIMES * min(axis.values) else "linear"
    return {"type": scale, "tickvals": axis.values, "ticktext": words}
