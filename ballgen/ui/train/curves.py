"""Loss curves by named term: one small chart each, because their scales have nothing in common.

What was measured on held-out images lies in the chart of the term, as a second line.
"""

from typing import Any

import pandas as pd
import streamlit as st

from ballgen.ui.widgets.tables import lazy_expander
from ballgen.ui.widgets.text import escaped
from ballgen.util.history import (
    ON_VALIDATION,
    TERM_NAMES,
    best_epoch,
    best_in_words,
    minimised,
    terms_of,
)

TRAINING, VALIDATION = "training", "validation"
WIDTH, HEIGHT = 222, 150  # px: four side by side on a desktop
LEGEND = {"title": None, "orient": "bottom", "columns": 1, "symbolType": "stroke"}
LEGEND |= {"symbolSize": 600, "symbolStrokeWidth": 2, "labelLimit": 180}
LEGEND_HEIGHT, ENTRY_HEIGHT = 50, 26  # px below the curves: of the room around it, and per run
# px of line and gap, in turn for lines of one colour.
DASHES = ([1, 0], [6, 3], [2, 2], [9, 3, 2, 3], [14, 4], [6, 2, 2, 2, 2, 2])

History = list[dict[str, float]]


def show_curves(
    histories: dict[str, History], key: str, colours: list[str], epoch: int = 0
) -> None:
    """Each named term over the epochs, a line per run, and the same numbers as a table.

    A term that was measured on held-out images too has a second line, and a mark at the best epoch.

    histories  by run name
    colours    of the lines, #rrggbb; those that share one are told apart by their dashes
    epoch      marked by an upright line; 0 marks none
    """
    names = list(histories)
    rows = [(name, minimised(row)) for name, history in histories.items() for row in history]
    found = {name: best_epoch(history) for name, history in histories.items()}
    best = {(name, one["epoch"]) for name, one in found.items() if one}
    log = bool(rows) and st.toggle(
        "Log scale", key=f"{key}_log", bind="query-params", help="Of terms that are positive."
    )
    with st.container(horizontal=True, gap="small", key=key):
        for term in terms_of(*(row for _, row in rows)):
            points = [
                (name, row["epoch"], row[column], images)
                for column, images in ((term, TRAINING), (ON_VALIDATION + term, VALIDATION))
                for name, row in rows
                if column in row
            ]
            data = pd.DataFrame(points, columns=["run", "epoch", "value", "images"])
            data["best"] = [
                images == VALIDATION and (name, at) in best for name, at, _, images in points
            ]
            st.vega_lite_chart(
                spec=_chart(data, term, names, colours, epoch, log),
                width=WIDTH,
                key=f"{key}-{term}",
                alt=f"{term} over the epochs of {', '.join(names)}",
            )
    if best:
        one = len(histories) == 1
        lines = "Solid line: training. Dashed" if one else "Thick line: training. Thin"
        said = f", {best_in_words(*histories.values())}" if one else ""
        said = f"validation, on held-out images. ◆: the best epoch by validation{said}."
        st.caption(escaped(f"{lines}: {said}"))
    if rows and (inside := lazy_expander("The curves as a table", f"{key}_table")):
        table = [({"run": name} if len(names) > 1 else {}) | row for name, row in rows]
        inside.dataframe(table, hide_index=True, alt=f"Every epoch of {', '.join(names)}")


def _chart(
    data: pd.DataFrame, term: str, names: list[str], colours: list[str], epoch: int, log: bool
) -> dict[str, Any]:
    """A chart in Vega-Lite's own words: Altair takes a tenth of a second to check each."""
    one = len(names) == 1
    legend = None if one else LEGEND
    # Other dashes for lines of the same colour; beyond six they come again.
    earlier = [colours[:number].count(colour) for number, colour in enumerate(colours)]
    dashes = [DASHES[count % len(DASHES)] for count in earlier]

    def by_run(looks: list) -> dict[str, Any]:
        with_term = [(name, look) for name, look in zip(names, looks, strict=True)
                     if (data["run"] == name).any()]  # fmt: skip
        scale = dict(zip(("domain", "range"), zip(*with_term, strict=True), strict=True))
        return {"field": "run", "type": "nominal", "scale": scale, "legend": legend}

    # Dots of many epochs would fill the gaps between dashes; unseen, they still say their numbers.
    single = data.groupby(["run", "images"])["epoch"].transform("size") == 1
    data["dotted"] = single | (one & (data["images"] == TRAINING))
    shown = {"condition": [{"test": "datum.dotted", "value": 1}], "value": 0}
    # From the first epoch on: a short run would else begin in the middle.
    at = {"field": "epoch", "type": "quantitative"}
    x = at | {"scale": {"zero": False, "nice": False}}
    # A term's name, which a checkpoint of another hand chose, is no name of a field.
    y = {"field": "value", "type": "quantitative"}
    scale = {"type": "log"} if log and data["value"].min() > 0 else {"zero": False}
    tips = [{"field": "run", "type": "nominal"}, {"field": "images", "type": "nominal"}, at]
    place = {
        "x": x | {"title": None, "axis": {"tickMinStep": 1, "format": "d"}},
        "y": y | {"title": None, "axis": {"format": ".3~r"}, "scale": scale},
        "color": by_run(colours),
        "tooltip": [*tips, y | {"title": term}],
    }

    def layer(mark: dict[str, Any], test: str = "", **more: Any) -> dict[str, Any]:
        only = {"transform": [{"filter": test}]} if test else {}
        return {"data": {"name": "history"}, "mark": mark, "encoding": place | more} | only

    # Dashes tell runs of one colour apart, so of several runs it is the width that says which.
    second = {"strokeDash": [5, 3]} if one else {"strokeWidth": 1}
    layers = []
    for images, look in ((TRAINING, {}), (VALIDATION, second)):
        # A layer without data would be an image without a description.
        if (data["images"] == images).any():
            dashed = {} if "strokeDash" in look else {"strokeDash": by_run(dashes)}
            layers.append(layer({"type": "line"} | look, f"datum.images == '{images}'", **dashed))
    layers.append(layer({"type": "point", "size": 14, "filled": True}, opacity=shown))
    if data["best"].any():
        look = {"type": "point", "shape": "diamond", "size": 100, "filled": True, "opacity": 1}
        layers.append(layer(look, "datum.best"))
    datasets = {"history": data}
    if epoch:  # of no place Vega would warn
        rule = {"type": "rule", "strokeDash": [4, 3], "color": "#8a8a8a", "aria": False}
        layers.append({"data": {"name": "marked"}, "mark": rule, "encoding": {"x": x}})
        # Data too, so that moving it leaves the chart's description as it is.
        datasets["marked"] = pd.DataFrame({"epoch": [float(epoch)]})
    return {
        "title": TERM_NAMES.get(term, term),
        "height": HEIGHT + (0 if one else LEGEND_HEIGHT + ENTRY_HEIGHT * len(names)),
        "layer": layers,
        "datasets": datasets,
    }
