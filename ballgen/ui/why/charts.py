"""Map and histogram of where a prior's codes fall."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from ballgen.ui.theme import REAL_COLOUR, SPARE_COLOURS
from ballgen.ui.why.data import Where
from ballgen.util.wording import prior_name

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
            name=prior_name(prior),
            marker={
                "color": colours[prior],
                "size": 6,
                "symbol": SYMBOLS[prior == "normal"],
                "opacity": 0.75,
            },
            hoverinfo="skip",
        )
    figure.update_layout(**still_layout())
    bare = {"showticklabels": False, "zeroline": False, "showgrid": False}
    figure.update_xaxes(title="first axis", **bare)
    figure.update_yaxes(title="second axis", **bare)
    return figure


def histogram_of(where: Where, colour: str, known_title: str) -> go.Figure:
    """Distances to the nearest known code: held-out codes, and each prior's."""
    colours = {prior_name(p): shade for p, shade in colours_of(list(where.drawn), colour).items()}
    edges, shares = shares_of(where, known_title)
    figure = go.Figure()
    for name, share in shares.items():
        known = name == known_title
        figure.add_scatter(
            x=np.sqrt(edges[1:] * edges[:-1]),
            y=share / share.max(),
            customdata=100 * share,
            mode="lines",
            line={
                "shape": "hvh",
                "color": REAL_COLOUR if known else colours[name],
                "width": 2,
                "dash": "dot" if known else "solid",
            },
            fill="tozeroy",
            name=name,
            hovertemplate="%{customdata:.1f}% at %{x:.2f} times<extra>" + name + "</extra>",
        )
    figure.add_vline(
        x=where.limit,
        line={"dash": "dash", "color": REAL_COLOUR},
        name="99% of held-out codes",
        showlegend=True,
    )
    figure.update_layout(**still_layout())
    figure.update_xaxes(
        type="log",
        title="distance to the nearest known code, 1 is usual",
        tickvals=_ticks(edges[0], edges[-1]),
    )
    figure.update_yaxes(title="codes, the most = 1", showticklabels=False)
    return figure


def shares_of(where: Where, known_title: str) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Edges of the histogram's bins, and for held-out codes and each prior its share in them."""
    sides = {known_title: where.held_out}
    sides |= {prior_name(prior): distances for prior, distances in where.distances.items()}
    least = max(min(np.quantile(some, TAIL) for some in sides.values()), SMALLEST)
    most = max(some.max() for some in sides.values())
    edges = np.geomspace(least / ROOM, most * ROOM, BINS + 1)
    return edges, {
        name: np.histogram(distances.clip(least, most), edges)[0] / len(distances)
        for name, distances in sides.items()
    }


def _ticks(least: float, most: float) -> list[float]:
    """Round numbers within a range."""
    round_ones = [digit * 10.0**power for power in range(-3, 6) for digit in (1, 2, 5)]
    return [number for number in round_ones if least <= number <= most]


def still_layout() -> dict:
    """What the page's plots have in common."""
    still = {"fixedrange": True}  # a finger on the plot scrolls the page
    return {
        "xaxis": still,
        "yaxis": still,
        "height": HEIGHT,
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    }
