"""Distances to the nearest reference code as a histogram, in HTML that brings its own styles.

Streamlit lets no SVG through, and a chart library takes longer to arrive than a page may.
"""

from html import escape

import numpy as np

BINS, TAIL, MIN_EDGE = 40, 0.01, 0.05
TICKS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
TICK = 0.09  # of the chart's width that a tick takes, on a telephone too
SMALL = "font-size:0.8rem;line-height:1.2"
CHART = "position:relative;height:13.5rem;margin:0.2rem 0 1.4rem;border-bottom:1px solid"
FILL = "position:absolute;inset:0;"


def distance_shares(sides: list[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
    """Edges of a histogram's bins, in even ratios, and each side's bars, the highest of them 1."""
    low = max(min(np.quantile(side, TAIL) for side in sides), MIN_EDGE)
    high = max(side.max() for side in sides)
    edges = np.geomspace(low / 1.1, high * 1.1, BINS + 1)
    counts = [np.histogram(side.clip(low, high), edges)[0] for side in sides]
    return edges, [count / count.max() for count in counts]


def hatched(colour: str) -> str:
    """The look of a side that is told from another one not by its colour alone."""
    return f"repeating-linear-gradient(45deg,{colour} 0 4px,transparent 4px 6px)"


def distance_histogram(sides: dict[str, tuple[str, np.ndarray]], limit: float, alt: str) -> str:
    """The chart, on a logarithmic axis.

    sides  {name: (look, distances in units of held-out codes' median)}; a look is a CSS background
    limit  a dashed line, below which 99% of held-out codes lie
    alt    is read aloud in its place
    """
    edges, shares = distance_shares([distances for _, distances in sides.values()])

    def place(distance: float) -> float:
        return float(np.log(distance / edges[0]) / np.log(edges[-1] / edges[0]))

    key, areas, marks = "", "", ""
    for (name, (look, _)), share in zip(sides.items(), shares, strict=True):
        key += (
            '<span style="white-space:nowrap;margin-right:0.8rem"><span style="display:'
            f'inline-block;width:0.8rem;height:0.8rem;margin-right:0.3rem;background:{look}">'
            f"</span>{escape(name)}</span>"
        )
        across, down = np.linspace(0, 100, BINS + 1).repeat(2)[1:-1], 100 * (1 - share.repeat(2))
        corners = ",".join(f"{x:.1f}% {y:.1f}%" for x, y in zip(across, down, strict=True))
        outline = f"clip-path:polygon(0% 100%,{corners},100% 100%)"
        areas += f'<div style="{FILL}background:{look};opacity:0.8;{outline}"></div>'
    if edges[0] < limit < edges[-1]:
        marks += f'<div style="{FILL}left:{place(limit):.1%};width:0;border-left:1px dashed"></div>'
    last = -1.0
    for tick in TICKS:
        if edges[0] <= tick <= edges[-1] and place(tick) - last > TICK:
            last = place(tick)
            marks += (
                f'<span style="position:absolute;top:100%;left:{last:.1%};'
                f'transform:translateX(-50%)">{tick:g}</span>'
            )
    return (
        f'<div role="img" aria-label="{escape(alt)}" style="{SMALL}">{key}'
        f'<div style="{CHART}">{areas}{marks}</div>'
        "<div>distance to the nearest latent of a test image, over the median of held-out ones; "
        "dashed: 99% of them</div></div>"
    )
