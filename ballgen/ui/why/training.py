"""The tab that asks whether other training would help: what this checkpoint says to each cause, and
the ablation study as one plot of what each factor brings at best.
"""

import pandas as pd
import streamlit as st

from ballgen.scores.why import causes
from ballgen.ui.session.scoring import show_verdict
from ballgen.ui.why.case import NORMAL, Case
from ballgen.ui.why.data import code_figures, figures_of
from ballgen.ui.widgets.controls import requested
from ballgen.ui.widgets.tables import lazy_expander, show_table
from ballgen.ui.widgets.text import escaped
from ballgen.util.palette import family_colour, family_name
from ballgen.util.paths import PROJECT
from ballgen.util.wording import kid_text, percent

GAINS = PROJECT / "studies" / "four_hypotheses" / "gains.csv"
FAMILIES = ("ae", "vae")
HEIGHT = 420  # px


def show_training(case: Case) -> None:
    """Both. Raises `InputError`."""
    _show_causes(case)
    _show_study()


def _show_causes(case: Case) -> None:
    if not requested("tab", "Ask this model", "It takes some seconds."):
        return
    st.subheader("What this model says", anchor=False)
    st.caption("One checkpoint gives hints; for proof, train again with one thing changed.")
    priors = [prior for prior in (NORMAL, "gaussian") if prior in case.all_priors]
    with st.spinner("Drawing latents …"):
        figures = case.figures | code_figures(case.info, case.seed)
        for prior in priors:
            figures |= figures_of(case.info, prior, case.seed)
    said = causes(figures, case.family)
    for row in (said[:3], said[3:]):
        for verdict, column in zip(row, st.columns(len(row)), strict=True):
            with column, st.container(border=True, height="stretch", gap="xsmall"):
                st.subheader(escaped(verdict.question), anchor=False)
                show_verdict(verdict)


def _show_study() -> None:
    """The plot, and the table behind it; nothing where the study was not installed."""
    if not GAINS.is_file():
        return
    gains = pd.read_csv(GAINS, dtype={"default": str, "best": str})
    st.subheader("What other training brought, on drawn balls", anchor=False)
    st.caption(
        "An ablation study: 156 short runs of other, smaller models, one thing changed at a time. "
        "A dot is what the best value, beside it, brings samples of N(0, I), as a share of what a "
        "fitted prior brings without any training. Whiskers are two standard errors over three "
        "seeds: one that reaches 0% may be chance. Every run: `studies/four_hypotheses`."
    )
    with st.container(key="study"):
        st.vega_lite_chart(
            spec=_plot(gains),
            height=HEIGHT,
            alt="What each factor brings at best; the table below has the figures",
        )
    if inside := lazy_expander("The study as a table", "study_table"):
        with inside:
            show_table(
                {
                    "Factor": list(gains["factor"]),
                    "Family": [family_name(family).short for family in gains["family"]],
                    "Default": list(gains["default"]),
                    "Best": list(gains["best"]),
                    "KID × 1000 of N(0, I)": [kid_text(kid) for kid in gains["kid_default"]],
                    "… at the best": [kid_text(kid) for kid in gains["kid_best"]],
                    "Share of a fitted prior's gain": [
                        f"{percent(share)} ± {percent(spread)}"
                        for share, spread in zip(gains["share"], gains["spread"], strict=True)
                    ],
                },
                alt="What each factor brings at best, for each family",
            )


def _plot(gains: pd.DataFrame) -> dict:
    """A row for each factor, a dot with whiskers for each family, as Vega-Lite takes it."""
    fitted = pd.DataFrame({"factor": "A fitted prior", "family": FAMILIES, "share": 1.0})
    data = pd.concat([fitted, gains]).fillna({"best": "", "spread": 0.0})
    defaults = data["default"].fillna("")
    data["factor"] += [f", default {value}" if value else "" for value in defaults]
    data["low"] = (data["share"] - data["spread"]).clip(0)
    data["high"] = (data["share"] + data["spread"]).clip(upper=1)
    data["family"] = [family_name(family).short for family in data["family"]]
    names = [family_name(family).short for family in FAMILIES]
    colours = [family_colour(family) for family in FAMILIES]
    legend = {"title": None, "orient": "top"}
    percents = {
        "title": "share of what a fitted prior brings",
        "axis": {"format": ".0%", "tickCount": 5},
    }
    place = {"type": "quantitative", "scale": {"domain": [0, 1.05]}} | percents
    return {
        "data": {"name": "gains"},
        "encoding": {
            "y": {
                "field": "factor",
                "type": "nominal",
                "sort": None,
                "title": None,
                "axis": {"labelLimit": 400},
            },
            "yOffset": {"field": "family"},
            "color": {
                "field": "family",
                "legend": legend,
                "scale": {"domain": names, "range": colours},
            },
        },
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 2},
                "encoding": {"x": place | {"field": "low"}, "x2": {"field": "high"}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1},
                "encoding": {
                    "x": place | {"field": "share"},
                    "shape": {
                        "field": "family",
                        "legend": legend,
                        "scale": {"domain": names, "range": ["circle", "diamond"]},
                    },
                },
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 9, "dy": -7},
                "encoding": {"x": place | {"field": "share"}, "text": {"field": "best"}},
            },
        ],
        "datasets": {"gains": data},
    }
