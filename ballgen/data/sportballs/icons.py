"""The balls as flat icons: a plain disc with a few clean lines, drawn without light.

An icon's painter sees the disc face on (x right, y up, radius 1) and gives every point a colour.
The colours are those of the painted skins.
"""

from collections.abc import Callable, Iterable

import numpy as np

from ballgen.data.sportballs.painting import colour, inside, over, plain, stitches

Array = np.ndarray
IconPainter = Callable[[Array, Array], Array]

LINE = 0.05  # half the width of a line: two thirds of a pixel on the smallest ball at 32 px
RIM = 0.11  # width of the line around the disc


def icon(name: str, x: Array, y: Array) -> Array:
    """sRGB (P, 3) in 0..255 of class `name` at the points x, y (P,) of the unit disc."""
    paint, line = ICONS[name]
    return over(paint(x, y), line, inside(np.hypot(x, y) - (1 - RIM)))


def _arc(x: Array, y: Array, middle: float, radius: float) -> Array:
    """Distance to a circle around (middle, 0) and its mirror image around (-middle, 0)."""
    return np.abs(np.hypot(np.abs(x) - middle, y) - radius)


def _polygon(x: Array, y: Array, corners: int, radius: float, turn: float = 0) -> Array:
    """Depth inside a regular polygon whose first corner points up, turned by `turn` degrees."""
    sides = np.radians(90 + turn + 360 / corners * (np.arange(corners) + 0.5))
    apothem = radius * np.cos(np.pi / corners)
    return apothem - np.max([x * np.cos(side) + y * np.sin(side) for side in sides], axis=0)


def _discs(x: Array, y: Array, middles: Iterable[tuple[float, float]], radius: float) -> Array:
    """Depth inside any of some discs."""
    return radius - np.min([np.hypot(x - u, y - v) for u, v in middles], axis=0)


def _baseball(x: Array, y: Array) -> Array:
    away = _arc(x, y, 1.32, 0.92)
    turn = np.arctan2(y, 1.32 - np.abs(x))  # along the seam, from its middle
    ticks = np.minimum(stitches(turn * (26 / (2 * np.pi)) + 0.5, 0.3) * 0.2, 0.13 - away)
    return over(plain(x, "#fdf4dc"), "#d4434f", inside(np.maximum(ticks, LINE - away)))


def _basketball(x: Array, y: Array) -> Array:
    line = np.minimum(np.minimum(np.abs(x), np.abs(y)), _arc(x, y, 1.25, 0.85))
    return over(plain(x, "#f8924a"), "#6b3a22", inside(LINE + 0.01 - line))


def _volleyball(x: Array, y: Array) -> Array:
    radius = np.hypot(x, y)
    turn = np.mod(np.arctan2(y, x) * (3 / (2 * np.pi)) + 0.55 * radius, 3)  # three curved panels
    panel, place = np.floor(turn), turn - np.floor(turn)
    colours = np.stack([colour(code) for code in ("#fbcf5a", "#4c69d2", "#f3f6fc")])
    skin = colours[np.minimum(panel, 2).astype(np.intp)]
    # Angles into lengths, so that lines keep their width; opaque where two panels meet.
    border = np.minimum(place, 1 - place) * radius * (2 * np.pi / 3)
    middle = np.abs(place - 0.5) * radius * (2 * np.pi / 3) + np.maximum(0.4 - radius, 0)
    return over(skin, "#2c3f86", inside(LINE + 0.02 - np.minimum(border, middle)))


def _soccerball(x: Array, y: Array) -> Array:
    corners = np.radians(90 + 72 * np.arange(5))
    rays = [
        np.where(x * np.cos(a) + y * np.sin(a) > 0, np.abs(y * np.cos(a) - x * np.sin(a)), 1)
        for a in corners
    ]
    patches = [
        _polygon(x - np.cos(a), y - np.sin(a), 5, 0.36, 36 + 72 * k) for k, a in enumerate(corners)
    ]
    skin = over(plain(x, "#f8f9fb"), "#3c4552", inside(LINE - np.min(rays, axis=0)))
    dark = np.maximum(_polygon(x, y, 5, 0.36), np.max(patches, axis=0))
    return over(skin, "#3c4552", inside(dark))


def _tennis(x: Array, y: Array) -> Array:
    return over(plain(x, "#d9ee3f"), "#ffffff", inside(0.09 - _arc(x, y, 1.22, 0.85)))


def _golf(x: Array, y: Array) -> Array:
    rows = np.arange(-2, 3)
    dimples = [(0.4 * u + 0.2 * (v % 2), 0.35 * v) for v in rows for u in rows]
    near = [(u, v) for u, v in dimples if np.hypot(u, v) < 0.8]
    return over(plain(x, "#fbfcfe"), "#aab3c2", inside(_discs(x, y, near, 0.1)))


def _bowling(x: Array, y: Array) -> Array:
    holes = ((-0.24, 0.46), (0.22, 0.46), (0.02, 0.02))
    return over(plain(x, "#5a48b4"), "#14102a", inside(_discs(x, y, holes, 0.16)))


def _billiard(x: Array, y: Array) -> Array:
    upper, lower = np.hypot(x, y - 0.16), np.hypot(x, y + 0.17)
    ring = np.minimum(np.abs(upper - 0.13), np.abs(lower - 0.16))
    skin = over(plain(x, "#1d1f26"), "#fbfaf4", inside(0.55 - np.hypot(x, y)))
    return over(skin, "#101114", inside(LINE + 0.01 - ring))


def _cricket(x: Array, y: Array) -> Array:
    rows = np.minimum(np.abs(y), np.abs(np.abs(y) - 0.2))
    return over(plain(x, "#b01e28"), "#f5e6cc", inside(LINE - rows))


def _american_football(x: Array, y: Array) -> Array:
    skin = over(plain(x, "#94502a"), "#fbf7ee", inside(0.08 - np.abs(np.abs(x) - 0.62)))
    lace = np.minimum(0.08 - np.abs(y), 0.36 - np.abs(x))
    ties = np.minimum(0.28 - np.abs(y), 0.40 - np.abs(x))
    ties = np.minimum(ties, stitches(x / 0.2, 0.4) * 0.2)
    return over(skin, "#fdfaf2", inside(np.maximum(lace, ties)))


def _rugby(x: Array, y: Array) -> Array:
    skin = over(plain(x, "#f7f8f4"), "#1f8a5b", inside(np.abs(x) - 0.62))
    return over(skin, "#d8343c", inside(0.07 - np.abs(np.abs(x) - 0.42)))


def _beach_ball(x: Array, y: Array) -> Array:
    codes = ("#e8413c", "#fbfbf8", "#2f7fdd", "#ffd23e", "#37b26a", "#ff8a2f")
    skin = np.zeros((*x.shape, 3))
    for k, code in enumerate(codes):
        from_, to = np.radians(60 * k), np.radians(60 * k + 60)
        after = inside(y * np.cos(from_) - x * np.sin(from_))
        before = inside(x * np.sin(to) - y * np.cos(to))
        skin = skin + colour(code) * np.minimum(after, before)[:, None]  # shares that add to 1
    return over(skin, "#fdfdfb", inside(0.2 - np.hypot(x, y)))


# How the disc is painted, and the colour of the line around it.
ICONS: dict[str, tuple[IconPainter, str]] = {
    "baseball": (_baseball, "#d4434f"),
    "basketball": (_basketball, "#6b3a22"),
    "volleyball": (_volleyball, "#2c3f86"),
    "soccerball": (_soccerball, "#3c4552"),
    "tennis": (_tennis, "#8fa51a"),
    "golf": (_golf, "#7f8a9c"),
    "bowling": (_bowling, "#2c2878"),
    "billiard": (_billiard, "#101114"),
    "cricket": (_cricket, "#7a1018"),
    "american_football": (_american_football, "#5c2e12"),
    "rugby": (_rugby, "#5f6a66"),
    "beach_ball": (_beach_ball, "#4a5560"),
}
