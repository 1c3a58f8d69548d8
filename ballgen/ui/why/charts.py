"""The page's two charts, as HTML: a chart library takes longer to arrive than the page may."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import NamedTuple

import numpy as np

from ballgen.ui.theme import REAL_COLOUR, SPARE_COLOURS

NORMAL_COLOUR = SPARE_COLOURS[0]
BINS = 40
MARGIN = 1.1  # beside the outermost codes
TAIL, MIN_EDGE = 0.01, 0.05  # nearer than these, codes share the first bin
CHART = "position:relative;height:13.5rem;margin:0.2rem 0 1.4rem;border-bottom:1px solid"
FILL = "position:absolute;inset:0;"
SMALL = "font-size:0.8rem;line-height:1.2"
TICKS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
LETTER = 0.03  # of a chart's width that the digit of a tick takes, on a telephone too


def prior_colour(prior: str, family_colour: str) -> str:
    """N(0, I) has its own colour, a fitted prior the family's."""
    return NORMAL_COLOUR if prior == "normal" else family_colour


def histogram_shares(*sides: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """Edges of a histogram's bins, in equal ratios, and each side's share of codes in them."""
    least = max(min(np.quantile(some, TAIL) for some in sides), MIN_EDGE)
    most = max(max(some.max() for some in sides), least * MARGIN)
    edges = np.geomspace(least / MARGIN, most * MARGIN, BINS + 1)
    clipped = (some.clip(least, most) for some in sides)
    return edges, [np.histogram(some, edges)[0] / len(some) for some in clipped]


def distance_histogram(held_out: np.ndarray, normal: np.ndarray, limit: float, alt: str) -> str:
    """Distances to the nearest reference code, of held-out codes and of N(0, I)'s, in units."""
    edges, shares = histogram_shares(held_out, normal)

    def place(distance: float) -> float:
        return float(np.log(distance / edges[0]) / np.log(edges[-1] / edges[0]))

    # Not by colour alone: one is hatched.
    hatched = f"repeating-linear-gradient(45deg,{NORMAL_COLOUR} 0 4px,transparent 4px 6px)"
    looks = {"held-out test images": REAL_COLOUR, "N(0, I)": hatched}
    key = "".join(
        f'<span style="white-space:nowrap;margin-right:0.8rem"><span style="display:inline-block;'
        f'width:0.8rem;height:0.8rem;margin-right:0.3rem;background:{look}"></span>{name}</span>'
        for name, look in looks.items()
    )
    areas = "".join(
        f'<div style="{FILL}background:{look};opacity:0.8;clip-path:polygon({_area(share)})"></div>'
        for look, share in zip(looks.values(), shares, strict=True)
    )
    border = (
        f'<div style="{FILL}left:{place(limit):.1%};width:0;border-left:1px dashed"></div>'
        if edges[0] < limit < edges[-1]
        else ""
    )
    ticks, last = "", -1.0
    for tick in TICKS:
        if edges[0] <= tick <= edges[-1] and place(tick) - last > 3 * LETTER:
            last = place(tick)
            ticks += (
                f'<span style="position:absolute;top:100%;left:{last:.1%};'
                f'transform:translateX(-50%)">{tick:g}</span>'
            )
    return (
        f'<div role="img" aria-label="{escape(alt)}" style="{SMALL}">{key}'
        f'<div style="{CHART}">{areas}{border}{ticks}</div>'
        "<div>× the usual distance to the nearest latent of a test image; dashed: 99% of held-out "
        "ones</div></div>"
    )


def _area(share: np.ndarray) -> str:
    """The outline of a histogram's bars as corners in CSS; the highest reaches to the top."""
    width, corners = 100 / len(share), ["0% 100%"]
    for number, part in enumerate(share):
        top = 100 * (1 - part / share.max())
        corners += [f"{number * width:.1f}% {top:.1f}%", f"{(number + 1) * width:.1f}% {top:.1f}%"]
    return ",".join([*corners, "100% 100%"])


class Dot(NamedTuple):
    """A point with its whiskers, in shares of the axis.

    round   or a square on its corner: not by colour alone
    said    its words, read aloud and shown when the pointer rests on it
    """

    share: float
    spread: float
    colour: str
    round: bool
    said: str


def dot_plot(rows: dict[str, tuple[str, list[Dot]]], alt: str) -> str:
    """A row of dots for each label, with a note below the label; from 0% to 100%."""
    body = "".join(
        f'<div style="{SMALL}"><b>{label}</b><br>{note}</div>'
        f'<div style="position:relative;min-height:{1.3 * len(dots) + 0.6}rem;'
        f'border-left:1px solid;background:{_lines()}">{"".join(_dots(dots))}</div>'
        for label, (note, dots) in rows.items()
    )
    ticks = "".join(
        f'<span style="position:absolute;left:{share:.0%};transform:translateX(-{share:.0%})">'
        f"{share:.0%}</span>"
        for share in (0, 0.25, 0.5, 0.75, 1)
    )
    return (
        f'<div role="img" aria-label="{escape(alt)}" style="display:grid;'
        'grid-template-columns:minmax(8rem,1fr) 3fr;gap:0.4rem 1rem;margin-right:0.5rem">'
        f'{body}<div></div><div style="position:relative;height:1.4rem;{SMALL}">{ticks}</div></div>'
    )


def _lines() -> str:
    """Grid lines at each quarter."""
    return "repeating-linear-gradient(90deg,rgba(138,138,138,0.35) 0 1px,transparent 1px 25%)"


def _dots(dots: list[Dot]) -> Iterator[str]:
    for number, (share, spread, colour, is_round, said) in enumerate(dots):
        top = f"{0.9 + 1.3 * number:.1f}rem"
        low, high = max(share - spread, 0.0), min(share + spread, 1.0)
        place = f"position:absolute;top:{top};"
        shape = "border-radius:50%" if is_round else "rotate:45deg"
        if spread:
            yield (
                f'<div style="{place}left:{low:.1%};width:{high - low:.1%};'
                f'border-top:2px solid {colour}"></div>'
            )
        yield (
            f'<div title="{escape(said)}" style="{place}left:{share:.1%};width:0.8rem;'
            f'height:0.8rem;translate:-50% -50%;background:{colour};{shape}"></div>'
        )
