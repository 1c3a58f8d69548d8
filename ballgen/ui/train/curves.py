"""Loss curves by named term: one small chart each, because their scales have nothing in common."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from ballgen.ui.widgets.tables import lazy_expander

NOT_TERMS = ("epoch", "images", "seconds")
WIDTH, HEIGHT = 222, 150  # px: four side by side on a desktop
LEGEND = {"title": None, "orient": "bottom", "columns": 1, "symbolType": "stroke"}
LEGEND |= {"symbolSize": 600, "symbolStrokeWidth": 2, "labelLimit": 180}
LEGEND_HEIGHT, ENTRY_HEIGHT = 50, 26  # px below the curves: of the room around it, and per run
# px of line and gap, in turn for lines of one colour.
DASHES = ([1, 0], [6, 3], [2, 2], [9, 3, 2, 3], [14, 4], [6, 2, 2, 2, 2, 2])
TERMS = {
    "loss": "loss, what is minimised",
    "mse": "mse, mean squared error",
    "kl": "kl, nats per image",
    "bce": "bce, nats per image",
    "sigma": "sigma, −log likelihood",
    "code": "code, ½‖code‖²",
    "discriminator": "discriminator loss",
    "generator": "generator loss",
    "r1": "r1, gradient penalty",
    "inversion": "inversion, error of codes",
}

History = list[dict[str, float]]


def show_curves(
    histories: dict[str, History], key: str, colours: list[str], epoch: int = 0
) -> None:
    """Each named term over the epochs, a line per run, and the same numbers as a table.

    histories  by run name
    colours    of the lines, #rrggbb; those that share one are told apart by their dashes
    epoch      marked by an upright line; 0 marks none
    """
    names = list(histories)
    rows = [(name, row) for name, history in histories.items() for row in history]
    terms = list(dict.fromkeys(term for _, row in rows for term in row if term not in NOT_TERMS))
    with st.container(horizontal=True, gap="small", key=key):
        for term in terms:
            data = pd.DataFrame(
                [(name, row["epoch"], row[term]) for name, row in rows if term in row],
                columns=["run", "epoch", "value"],
            )
            st.vega_lite_chart(
                spec=_chart(data, term, names, colours, epoch),
                width=WIDTH,
                key=f"{key}-{term}",
                alt=f"{term} over the epochs of {', '.join(names)}",
            )
    if rows and (inside := lazy_expander("The curves as a table", f"{key}_table")):
        table = [({"run": name} if len(names) > 1 else {}) | row for name, row in rows]
        inside.dataframe(table, hide_index=True, alt=f"Every epoch of {', '.join(names)}")


def _dashes(colours: list[str]) -> list[list[int]]:
    """A pattern per line, other ones for lines of the same colour; beyond six they come again."""
    earlier = [colours[:number].count(colour) for number, colour in enumerate(colours)]
    return [DASHES[count % len(DASHES)] for count in earlier]


def _chart(
    data: pd.DataFrame, term: str, names: list[str], colours: list[str], epoch: int
) -> dict[str, Any]:
    """A chart in Vega-Lite's own words: Altair takes a tenth of a second to check each."""
    legend = LEGEND if len(names) > 1 else None
    height = HEIGHT
    if legend:
        height += LEGEND_HEIGHT + ENTRY_HEIGHT * len(names)

    def by_run(shades: list) -> dict[str, Any]:
        scale = {"domain": names, "range": shades}
        return {"field": "run", "type": "nominal", "scale": scale, "legend": legend}

    # Dots of many epochs would fill the gaps between dashes; unseen, they still say their numbers.
    single = data.groupby("run")["epoch"].transform("size") == 1
    data["dotted"] = single | (len(names) == 1)
    shown = {"condition": [{"test": "datum.dotted", "value": 1}], "value": 0}
    # The line's place is data too, so that moving it leaves the chart's description as it is.
    mark = pd.DataFrame({"epoch": [epoch] if epoch else []}, dtype=float)
    x = {"field": "epoch", "type": "quantitative"}
    # A term's name, which a checkpoint of another hand chose, is no name of a field.
    y = {"field": "value", "type": "quantitative"}
    place = {
        "x": x | {"title": None, "axis": {"tickMinStep": 1, "format": "d"}},
        "y": y | {"title": None, "axis": {"format": ".3~r"}, "scale": {"zero": False}},
        "color": by_run(colours),
        "tooltip": [{"field": "run", "type": "nominal"}, x, y | {"title": term}],
    }
    line = {"mark": "line", "encoding": place | {"strokeDash": by_run(_dashes(colours))}}
    dots = {
        "mark": {"type": "point", "size": 14, "filled": True},
        "encoding": place | {"opacity": shown},
    }
    marked = {
        "mark": {"type": "rule", "strokeDash": [4, 3], "color": "#8a8a8a", "aria": False},
        "encoding": {"x": x},  # the slider says where
    }
    return {
        "title": TERMS.get(term, term),
        "height": height,
        "layer": [
            line | {"data": {"name": "history"}},
            dots | {"data": {"name": "history"}},
            marked | {"data": {"name": "marked"}},
        ],
        "datasets": {"history": data, "marked": mark},
    }
