"""How a map's points look: a colour and a symbol for each, by class or by a factor."""

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from ballgen.data.factor_kinds import CIRCULAR, SEED, kind
from ballgen.data.imageset import ImageSet
from ballgen.util.palette import class_colour
from ballgen.util.wording import readable

CLASS = "class"
# Not as many as colours, so that classes of the same colour differ in their symbol: six by seven
# go together. The last one is that of random draws.
SYMBOLS, RING = 6, 6  # as in ballgen/webpage/points.js
GRADUAL, CYCLIC = "Viridis", "Phase"
SHADES = 256
EDGE = (138, 138, 138)  # for the darkest and the palest points on any ground


class Look(NamedTuple):
    """Of points: uint8 `colours` (N, 3) and `shapes` (N,), and what the legend says.

    legend  {"classes": …} to be shown or hidden, or {"scale": …} from one end to the other
    """

    colours: np.ndarray
    shapes: np.ndarray
    legend: dict[str, Any]


def colours_of(images: ImageSet) -> list[str]:
    """What points can be coloured by: the class, and every factor that measures something."""
    return [CLASS, *(name for name in images.factor_names if name != CLASS and kind(name) != SEED)]


def look_of(images: ImageSet, colour: str) -> Look:
    """The points of images, coloured by their class or by a factor."""
    labels = images.labels.numpy()
    shapes = (labels % SYMBOLS).astype(np.uint8)
    if colour == CLASS:
        names = images.class_names
        entries = [
            {
                "name": readable(names[label]),
                "colour": class_colour(label),
                "shape": label % SYMBOLS,
                "label": label,
            }
            for label in np.unique(labels).tolist()
        ]
        return Look(paint(labels), shapes, {"classes": entries})
    values = images.factors[:, images.factor_names.index(colour)].numpy()
    cyclic = kind(colour) == CIRCULAR
    low, high = (0.0, 360.0) if cyclic else (float(values.min()), float(values.max()))
    palette = shades(CYCLIC if cyclic else GRADUAL)
    steps = (values - low) / max(high - low, 1e-9) * (SHADES - 1)
    scale = {
        "name": readable(colour),
        "ends": [f"{low:.4g}", f"{high:.4g}"],
        "colours": ["#{:02x}{:02x}{:02x}".format(*palette[at]) for at in range(0, SHADES, 15)],
    }
    return Look(palette[steps.clip(0, SHADES - 1).astype(int)], shapes, {"scale": scale})


def paint(labels: np.ndarray) -> np.ndarray:
    """uint8 (N, 3): the colours of the classes of labels (N,)."""
    count = int(labels.max(initial=0)) + 1
    return np.array([rgb(class_colour(label)) for label in range(count)], np.uint8)[labels]


@cache
def shades(name: str) -> np.ndarray:
    """uint8 (256, 3): a colour scale of Plotly's."""
    from plotly.colors import sample_colorscale  # late: it takes long to import

    sampled = sample_colorscale(name, np.linspace(0, 1, SHADES).tolist(), colortype="tuple")
    return np.round(255 * np.array(sampled)).astype(np.uint8)


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue of #rrggbb."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
