"""A map as a Plotly figure: a point per image, coloured by class or by a factor."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from torch import Tensor

from ballgen.data.factor_kinds import CIRCULAR, SEED, kind
from ballgen.data.imageset import ImageSet
from ballgen.ui.theme import class_colour
from ballgen.ui.widgets.text import plain_html

CLASS = "class"
# One for each class, as there are few colours. Not as many as colours, so that classes of the same
# colour differ in their symbol: six by seven go together.
SYMBOLS_2D = ("circle", "diamond", "square", "triangle-up", "x", "cross")
SYMBOLS_3D = ("circle", "diamond", "square", "cross", "circle-open", "square-open")  # in all fonts
GRADUAL, CYCLIC = "Viridis", "Phase"
EDGE = {"width": 0.5, "color": "#8a8a8a"}  # for the darkest and the palest points on any ground
WALLS = "rgba(138, 138, 138, 0.4)"  # seen on light and dark: the theme leaves them alone
HEIGHT = 520  # px
HOVER_DISTANCE = 5  # px: nearer to a point is on it, further away is between points


def colours_of(images: ImageSet) -> list[str]:
    """What points can be coloured by: the class, and every factor that measures something."""
    return [CLASS, *(name for name in images.factor_names if name != CLASS and kind(name) != SEED)]


def map_figure(coordinates: Tensor, images: ImageSet, colour: str) -> go.Figure:
    """A figure of coordinates (N, 2 or 3); `customdata` is a point's row, whatever its trace."""
    rows = np.arange(len(coordinates))
    if colour == CLASS:
        labels, dims = images.labels.numpy(), coordinates.shape[1]
        traces = [
            _trace(coordinates, rows[labels == label], name, _class_marker(label, dims))
            for label, name in enumerate(images.class_names)
        ]
    else:
        values = images.factors[:, images.factor_names.index(colour)].numpy()
        traces = [_trace(coordinates, rows, colour, _factor_marker(colour, values))]
    figure = go.Figure([trace for trace in traces if len(trace.customdata)])
    # Nothing to read off an axis: a map's directions have no unit.
    bare = {"showticklabels": False, "title": None, "zeroline": False, "showgrid": False}
    walls = bare | {"showgrid": True, "gridcolor": WALLS}
    axes = {"scene": {f"{axis}axis": walls for axis in "xyz"}}
    if coordinates.shape[1] == 2:
        axes = {"xaxis": bare, "yaxis": bare | {"scaleanchor": "x"}}
    return figure.update_layout(
        height=HEIGHT,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        legend={"orientation": "h", "y": -0.02, "yanchor": "top", "itemsizing": "constant"},
        hoverdistance=HOVER_DISTANCE,
        hovermode="closest",
        dragmode="lasso" if coordinates.shape[1] == 2 else "orbit",
        uirevision="kept",
        **axes,
    )


def _trace(
    coordinates: Tensor, rows: np.ndarray, name: str, marker: dict
) -> go.Scatter | go.Scatter3d:
    flat = coordinates.shape[1] == 2
    kind = go.Scatter if flat else go.Scatter3d
    columns = coordinates[rows].numpy().T
    return kind(
        **dict(zip("xyz", columns, strict=False)),
        mode="markers",
        name=plain_html(name),
        customdata=rows,
        marker={"size": 7 if flat else 4, "opacity": 0.85} | marker,
        hovertemplate="image %{customdata}<extra>%{fullData.name}</extra>",
    )


def _class_marker(label: int, dims: int) -> dict:
    symbols = SYMBOLS_2D if dims == 2 else SYMBOLS_3D
    return {"color": class_colour(label), "symbol": symbols[label % len(symbols)]}


def _factor_marker(name: str, values: np.ndarray) -> dict:
    cyclic = kind(name) == CIRCULAR
    ends = {"cmin": 0, "cmax": 360} if cyclic else {}
    ticks = [0, 90, 180, 270, 360] if cyclic else None
    return {
        "color": values,
        "line": EDGE,
        "colorscale": CYCLIC if cyclic else GRADUAL,
        "colorbar": {"title": {"text": plain_html(name)}, "thickness": 12, "tickvals": ticks},
    } | ends
