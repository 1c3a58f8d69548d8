"""Loss curves by named term: one small chart each, because their scales have nothing in common.

What was measured on held-out images lies in the chart of the term, as a second line.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from ballgen.ui.widgets.tables import lazy_expander
from ballgen.ui.widgets.text import plain
from ballgen.util.history import (
    ON_VALIDATION,
    TERM_NAMES,
    best_epoch,
    best_in_words,
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
    rows = [(name, row) for name, history in histories.items() for row in history]
    found = {name: best_epoch(history) for name, history in histories.items()}
    best = {name: one["epoch"] for name, one in found.items() if one}
    log = bool(rows) and st.toggle(
        "Log scale", key=f"{key}_log", bind="query-params", help="Of terms that are positive."
    )
    with st.container(horizontal=True, gap="small", key=key):
        for term in terms_of(*(row for _, row in rows)):
            data = pd.DataFrame(
                [
                    (name, row["epoch"], row[column], images, row["epoch"] == marked.get(name))
                    for column, images, marked in (
                        (term, TRAINING, {}),
                        (ON_VALIDATION + term, VALIDATION, best),
                    )
                    for name, row in rows
                    if column in row
                ],
                columns=["run", "epoch", "value", "images", "best"],
            )
            st.vega_lite_chart(
                spec=_chart(data, term, names, colours, epoch, log),
                width=WIDTH,
                key=f"{key}-{term}",
                alt=f"{term} over the epochs of {', '.join(names)}",
            )
    if best:
        st.caption(plain(_legend(histories)))
    if rows and (inside := lazy_expander("The curves as a table", f"{key}_table")):
        table = [({"run": name} if len(names) > 1 else {}) | row for name, row in rows]
        inside.dataframe(table, hide_index=True, alt=f"Every epoch of {', '.join(names)}")


def _legend(histories: dict[str, History]) -> str:
    """What the second line and the mark of a chart are, in words."""
    one = len(histories) == 1
    lines = "Solid line: training. Dashed" if one else "Thick line: training. Thin"
    best = f", {best_in_words(*histories.values())}" if one else ""
    return f"{lines}: validation, on held-out images. ◆: the best epoch by validation{best}."


def _dashes(colours: list[str]) -> list[list[int]]:
    """A pattern per line, other ones for lines of the same colour; beyond six they come again."""
    earlier = [colours[:number].count(colour) for number, colour in enumerate(colours)]
    return [DASHES[count % len(DASHES)] for count in earlier]


def _chart(
    data: pd.DataFrame, term: str, names: list[str], colours: list[str], epoch: int, log: bool
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
    single = data.groupby(["run", "images"])["epoch"].transform("size") == 1
    data["dotted"] = single | ((len(names) == 1) & (data["images"] == TRAINING))
    shown = {"condition": [{"test": "datum.dotted", "value": 1}], "value": 0}
    # From the first epoch on: a short run would else begin in the middle.
    at = {"field": "epoch", "type": "quantitative"}
    x = at | {"scale": {"zero": False, "nice": False}}
    # A term's name, which a checkpoint of another hand chose, is no name of a field.
    y = {"field": "value", "type": "quantitative"}
    scale = {"type": "log"} if log and data["value"].min() > 0 else {"zero": False}
    place = {
        "x": x | {"title": None, "axis": {"tickMinStep": 1, "format": "d"}},
        "y": y | {"title": None, "axis": {"format": ".3~r"}, "scale": scale},
        "color": by_run(colours),
        "tooltip": [{"field": "run", "type": "nominal"}, {"field": "images", "type": "nominal"}]
        + [at, y | {"title": term}],
    }

    def line(images: str, **look: Any) -> dict[str, Any]:
        dashes = {} if "strokeDash" in look else {"strokeDash": by_run(_dashes(colours))}
        only = {"filter": {"field": "images", "equal": images}}
        mark = {"type": "line"} | look
        return {"mark": mark, "encoding": place | dashes, "transform": [only]}

    # Dashes tell runs of one colour apart, so of several runs it is the width that says which.
    second = {"strokeDash": [5, 3]} if len(names) == 1 else {"strokeWidth": 1}
    looks = {TRAINING: {}, VALIDATION: second}
    # A layer without data would be an image without a description.
    lines = [line(images, **looks[images]) for images in looks if (data["images"] == images).any()]
    diamonds = {
        "mark": {"type": "point", "shape": "diamond", "size": 100, "filled": True, "opacity": 1},
        "encoding": place,
        "transform": [{"filter": "datum.best"}],
    }
    best = [diamonds] if data["best"].any() else []
    dots = {
        "mark": {"type": "point", "size": 14, "filled": True},
        "encoding": place | {"opacity": shown},
    }
    # The line's place is data too, so that moving it leaves the chart's description as it is. Of
    # no place Vega would warn.
    marked = {
        "data": {"name": "marked"},
        "mark": {"type": "rule", "strokeDash": [4, 3], "color": "#8a8a8a", "aria": False},
        "encoding": {"x": x},  # the slider says where
    }
    place_of_mark = {"marked": pd.DataFrame({"epoch": [float(epoch)]})}
    return {
        "title": TERM_NAMES.get(term, term),
        "height": height,
        "layer": [
            *(part | {"data": {"name": "history"}} for part in (*lines, dots, *best)),
            *([marked] if epoch else []),
        ],
        "datasets": {"history": data} | (place_of_mark if epoch else {}),
    }
