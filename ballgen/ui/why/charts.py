"""Map and histogram of where a prior's codes fall."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from ballgen.ui.theme import REAL_COLOUR, SPARE_COLOURS
from ballgen.ui.why.data import Coverage
from ballgen.util.wording import prior_name

NORMAL_COLOUR = SPARE_COLOURS[0]
BINS = 40
MARGIN = 1.1  # beside the outermost codes
TAIL, MIN_EDGE = 0.01, 0.05  # nearer than these, codes share the first bin
HEIGHT = 330  # px


def prior_colour(prior: str, family_colour: str) -> str:
    """N(0, I) has its own colour, a fitted prior the family's."""
    return NORMAL_COLOUR if prior == "normal" else family_colour


def coverage_map(shown: Coverage, colour: str, reference: str) -> go.Figure:
    """The plane of the reference codes, which are called `reference`, and each prior's in it."""
    traces = [(shown.reference, reference, {"color": REAL_COLOUR, "size": 5, "opacity": 0.55})]
    for prior, points in reversed(shown.drawn.items()):  # N(0, I) on top: it may be but a speck
        symbol = "x" if prior == "normal" else "diamond"  # not by colour alone
        style = {"color": prior_colour(prior, colour), "size": 6, "symbol": symbol}
        traces.append((points, prior_name(prior), style | {"opacity": 0.75}))
    figure = go.Figure(layout=still_layout())
    for points, name, marker in traces:
        x, y = points.T
        figure.add_scatter(x=x, y=y, mode="markers", name=name, marker=marker, hoverinfo="skip")
    bare = {"showticklabels": False, "zeroline": False, "showgrid": False}
    figure.update_xaxes(title="first principal axis", **bare)
    return figure.update_yaxes(title="second principal axis", **bare)


def distance_histogram(shown: Coverage, colour: str, reference: str) -> go.Figure:
    """Distances to the nearest reference code: held-out codes, and each prior's."""
    colours = {prior_name(prior): prior_colour(prior, colour) for prior in shown.distances}
    edges, shares = histogram_shares(shown, reference)
    figure = go.Figure(layout=still_layout())
    for name, share in shares.items():
        line = {"color": colours.get(name, REAL_COLOUR), "width": 2, "shape": "hvh"}
        figure.add_scatter(
            x=np.sqrt(edges[1:] * edges[:-1]),
            y=share / share.max(),
            customdata=100 * share,
            mode="lines",
            line=line | {"dash": "solid" if name in colours else "dot"},
            fill="tozeroy",
            name=name,
            hovertemplate="%{customdata:.1f}% at %{x:.2f} times<extra>" + name + "</extra>",
        )
    limit = {"dash": "dash", "color": REAL_COLOUR}
    figure.add_vline(x=shown.limit, line=limit, name="99% of held-out codes", showlegend=True)
    ticks = [digit * 10.0**power for power in range(-3, 6) for digit in (1, 2, 5)]
    figure.update_xaxes(
        type="log",
        title="distance to the nearest reference code, 1 is usual",
        tickvals=[tick for tick in ticks if edges[0] <= tick <= edges[-1]],
    )
    return figure.update_yaxes(title="codes, the most = 1", showticklabels=False)


def histogram_shares(shown: Coverage, reference: str) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Edges of the histogram's bins, and for held-out codes and each prior its share in them."""
    sides = {reference: shown.held_out}
    sides |= {prior_name(prior): distances for prior, distances in shown.distances.items()}
    least = max(min(np.quantile(some, TAIL) for some in sides.values()), MIN_EDGE)
    most = max(some.max() for some in sides.values())
    edges = np.geomspace(least / MARGIN, most * MARGIN, BINS + 1)
    return edges, {
        name: np.histogram(distances.clip(least, most), edges)[0] / len(distances)
        for name, distances in sides.items()
    }


def still_layout() -> dict:
    """What the page's charts have in common: a finger on them scrolls the page."""
    return {
        "xaxis": {"fixedrange": True},
        "yaxis": {"fixedrange": True},
        "height": HEIGHT,
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    }
