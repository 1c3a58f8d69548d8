"""Map and histogram of where a prior's codes fall."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from ballgen.ui.theme import REAL_COLOUR, SPARE_COLOURS
from ballgen.ui.why.loading import Where
from ballgen.ui.why.words import short_name

NORMAL_COLOUR = SPARE_COLOURS[0]
SYMBOLS = ("diamond", "x")  # not by colour alone
BINS = 40
ROOM = 1.1  # beside the outermost codes
TAIL, SMALLEST = 0.01, 0.05  # nearer than these, codes share the first bin
HEIGHT = 330


def colours_of(priors: list[str], family_colour: str) -> dict[str, str]:
    """N(0, I) has its own colour, a fitted prior the family's."""
    return {prior: NORMAL_COLOUR if prior == "normal" else family_colour for prior in priors}


def map_of(where: Where, colour: str, known_title: str) -> go.Figure:
    """The plane of the known codes, and each prior's codes in it."""
    figure = go.Figure()
    figure.add_scatter(
        x=where.known[:, 0],
        y=where.known[:, 1],
        mode="markers",
        name=known_title,
        marker={"color": REAL_COLOUR, "size": 5, "opacity": 0.55},
        hoverinfo="skip",
    )
    colours = colours_of(list(where.drawn), colour)
    for prior, points in reversed(where.drawn.items()):  # N(0, I) on top: it may be but a speck
        figure.add_scatter(
            x=points[:, 0],
            y=points[:, 1],
            mode="markers",
            name=short_name(prior),
            marker={
                "color": colours[prior],
                "size": 6,
                "symbol": SYMBOLS[prior == "normal"],
                "opacity": 0.75,
            },
            hoverinfo="skip",
        )
    axis = {"showticklabels": False, "zeroline": False, "showgrid": False}
    figure.update_layout(
        **_layout(), xaxis=axis | {"title": "first axis"}, yaxis=axis | {"title": "second axis"}
    )
    return figure


def histogram_of(where: Where, colour: str, known_title: str) -> go.Figure:
    """Distances to the nearest known code: held-out codes, and each prior's."""
    sides = {known_title: (where.held_out, REAL_COLOUR, "dot")}
    colours = colours_of(list(where.distances), colour)
    for prior, distances in where.distances.items():
        sides[short_name(prior)] = (distances, colours[prior], "solid")
    sizes = [distances for distances, *_ in sides.values()]
    least = max(min(np.quantile(some, TAIL) for some in sizes), SMALLEST)
    most = max(some.max() for some in sizes)
    edges = np.geomspace(least / ROOM, most * ROOM, BINS + 1)
    figure = go.Figure()
    for name, (distances, shade, dash) in sides.items():
        counts, _ = np.histogram(distances.clip(least, most), edges)
        figure.add_scatter(
            x=np.sqrt(edges[1:] * edges[:-1]),
            y=counts / counts.max(),
            customdata=100 * counts / len(distances),
            mode="lines",
            line={"shape": "hvh", "color": shade, "width": 2, "dash": dash},
            fill="tozeroy",
            name=name,
            hovertemplate="%{customdata:.1f}% at %{x:.2f} times<extra>" + name + "</extra>",
        )
    figure.add_vline(x=where.usual, line={"dash": "dash", "color": REAL_COLOUR})
    figure.add_annotation(
        x=np.log10(where.usual),
        y=1,
        yref="paper",
        yanchor="bottom",
        text="99% of held-out codes ",
        showarrow=False,
        xanchor="right",
    )
    figure.update_layout(
        **_layout(),
        xaxis={"type": "log", "title": "distance to the nearest known code, 1 is usual"},
        yaxis={"title": "codes, the most = 1", "showticklabels": False},
    )
    figure.update_xaxes(tickvals=_ticks(least, most))
    return figure


def _ticks(least: float, most: float) -> list[float]:
    """Round numbers within a range."""
    round_ones = [digit * 10.0**power for power in range(-3, 6) for digit in (1, 2, 5)]
    return [number for number in round_ones if least / 1.5 <= number <= most * 1.5]


def _layout() -> dict:
    return {
        "height": HEIGHT,
        "margin": {"l": 0, "r": 0, "t": 30, "b": 0},
        "legend": {"orientation": "h", "y": 1.12, "x": 0},
    }
