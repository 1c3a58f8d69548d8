"""The painted skins of the balls: colour as a function of a point on the unit sphere.

A painter sees the ball in its characteristic pose (x right, y up, z towards the viewer) and gives
every point of the sphere a colour. It is asked once per process; drawing then looks colours up in
an octahedral map: the sphere is projected onto an octahedron, whose lower half is folded out over
the corners of a square (Engelhardt and Dachsbacher, "Octahedron environment maps", 2008).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from ballgen.data.sportballs.icons import icon
from ballgen.data.sportballs.painting import (
    CORNER_TILT,
    colour,
    distance,
    icosahedron,
    inside,
    marbling,
    over,
    plain,
    seam,
    stitches,
    to_sphere,
    turned,
)

Array = np.ndarray
Painter = Callable[[Array, Array, Array], Array]

TEXTURE_SIZE = 256  # texels along a side: about 145 across a ball, three per pixel at 48 px
_SUPERSAMPLING = 2  # painted points along a side of each texel


@dataclass(frozen=True)
class Skin:
    """One class of ball: how it is painted, how it shines and how it is shaped.

    paint   x, y, z, each (P,), on the unit sphere to sRGB (P, 3) in 0..255
    gloss   brightness that the highlight adds, in 0..255
    radii   half axes along x, y, z; the longest is 1 and spans the ball's diameter
    """

    paint: Painter
    gloss: float
    radii: tuple[float, float, float] = (1.0, 1.0, 1.0)


def _baseball(x: Array, y: Array, z: Array) -> Array:
    x, y, z = turned(x, y, z, roll=-45, tilt=8)
    away, t = seam(x, y, z, neck=0.44)
    stitch = stitches(t * (64 / (2 * np.pi)), 0.5)
    skin = plain(x, "#fdf4dc")
    skin = over(skin, "#e05560", inside(0.12 - away) * inside(stitch, 0.3))
    return over(skin, "#d4434f", inside(0.04 - away))


def _basketball(x: Array, y: Array, z: Array) -> Array:
    x, y, z = turned(x, y, z, tilt=20, spin=-24)
    side = np.abs(np.abs(x) - 0.52 - 0.42 * y * y)
    line = np.minimum(np.minimum(np.abs(x), np.abs(y)), side)
    return over(plain(x, "#f8924a"), "#6b3a22", inside(0.05 - line))


def _volleyball(x: Array, y: Array, z: Array) -> Array:
    x, y, z = turned(x, y, z, tilt=35.26439, spin=-45)  # a corner of the cube to the front
    ax, ay, az = np.abs(x), np.abs(y), np.abs(z)
    largest = np.maximum(np.maximum(ax, ay), az)
    middle = ax + ay + az - largest - np.minimum(np.minimum(ax, ay), az)
    skin, gap = np.zeros((*x.shape, 3)), np.zeros(x.shape)  # gap: how far the next seam is
    for along, across in ((ax, y), (ay, z), (az, x)):
        strip = np.arctan(across / np.maximum(along, 1e-9)) * (4 / np.pi)  # -1 to 1 on the face
        face = plain(x, "#4c69d2")
        face = over(face, "#fbcf5a", inside(0.34 - strip))
        face = over(face, "#f3f6fc", inside(-0.34 - strip))
        on_face = along >= largest
        skin = np.where(on_face[:, None], face, skin)
        gap = np.where(on_face, np.abs(np.abs(strip) - 0.34), gap)
    # Opaque where two faces meet, so that the step from one to the other is never seen.
    gap = np.minimum(gap, (largest - middle) * 0.9)
    return over(skin, "#8390c0", inside(0.032 - gap))


def _soccerball(x: Array, y: Array, z: Array) -> Array:
    # A truncated icosahedron: a point belongs to the face whose plane lies farthest inwards.
    corners, faces = icosahedron()
    points = np.stack(turned(x, y, z, tilt=CORNER_TILT - 8, spin=6), axis=-1)
    cut = 2 * corners[0] + corners[np.argsort(corners @ corners[0])[-2]]  # a third along an edge
    five = np.sort(points @ corners.T, axis=1)[:, -1] / (corners @ cut).max()
    six = np.sort(points @ faces.T, axis=1)[:, -2:] / (faces @ cut).max()
    skin = plain(x, "#f8f9fb")
    skin = over(skin, "#a3acb8", inside(0.05 / 3 - (six[:, 1] - six[:, 0]), 0.01))
    return over(skin, "#3c4552", inside(five - six[:, 1] + 0.005, 0.01))


def _tennis(x: Array, y: Array, z: Array) -> Array:
    x, y, z = turned(x, y, z, roll=20, spin=50, tilt=25)
    away, _ = seam(x, y, z, neck=0.36)
    skin = over(plain(x, "#d9ee3f"), "#a9c022", inside(0.15 - away, 0.06))
    return over(skin, "#ffffff", inside(0.085 - away, 0.03))


def _golf(x: Array, y: Array, z: Array) -> Array:
    # 92 dimples on a triangular grid over the icosahedron: fewer than the real 336, to be seen.
    corners, faces = icosahedron()
    thirds = [2 * a + b for a in corners for b in corners if 0.4 < a @ b < 0.9]
    centres = np.concatenate([corners, faces, to_sphere(np.array(thirds))])
    points = np.stack(turned(x, y, z, roll=10, tilt=13, spin=9), axis=-1)
    parts = np.array_split(points, 16)  # to spare memory
    cosine = np.concatenate([(part @ centres.T).max(axis=1) for part in parts])
    depth = np.clip(1 - np.sqrt(np.maximum(2 - 2 * cosine, 0)) / 0.19, 0, 1)
    return over(plain(x, "#ffffff"), "#7f8a9c", depth)


def _bowling(x: Array, y: Array, z: Array) -> Array:
    marble = marbling(x, y, z)
    skin = over(plain(x, "#43379c"), "#7358cc", np.clip(marble, 0, 1) ** 2)
    skin = over(skin, "#2c2878", np.clip(-marble, 0, 1) ** 2)
    fingers, thumb = ((-0.22, 0.50, 0.9), (0.26, 0.48, 0.9)), (0.04, -0.10, 1.0)
    for hole, radius in ((fingers[0], 0.17), (fingers[1], 0.17), (thumb, 0.21)):
        away = distance(x, y, z, hole)
        skin = over(skin, "#9a86e6", inside(radius + 0.04 - away))
        skin = over(skin, "#07060f", inside(radius - away))
    return skin


def _billiard(x: Array, y: Array, z: Array) -> Array:
    x, y, z = turned(x, y, z, spin=-8, tilt=-8)
    x = x * np.sign(z)  # the number stands on the back as well
    disc = np.where(np.abs(z) > 0.2, np.sqrt(x * x + y * y), 1.0)
    upper, lower = np.hypot(x, y - 0.15), np.hypot(x, y + 0.145)
    ring = np.minimum(np.abs(upper - 0.125), np.abs(lower - 0.155))
    skin = over(plain(x, "#1d1f26"), "#fbfaf4", inside(0.54 - disc))
    return over(skin, "#101114", inside(0.06 - ring) * inside(0.5 - disc))


def _cricket(x: Array, y: Array, z: Array) -> Array:
    x, y, z = turned(x, y, z, roll=90, spin=22)
    turn = np.arctan2(z, x) * (44 / (2 * np.pi))
    dashes = inside(stitches(turn, 0.55), 0.25)
    row = np.minimum(np.abs(np.abs(y) - 0.06), np.abs(np.abs(y) - 0.125))
    skin = over(plain(x, "#b01e28"), "#8e1420", inside(0.19 - np.abs(y)))
    skin = over(skin, "#f5e6cc", inside(0.03 - row) * (0.35 + 0.65 * dashes))
    return over(skin, "#f1dfc2", inside(0.02 - np.abs(y)))


def _american_football(x: Array, y: Array, z: Array) -> Array:
    skin = over(plain(x, "#94502a"), "#6d3717", inside(0.02 - np.abs(y)))
    skin = over(skin, "#fbf7ee", inside(0.065 - np.abs(np.abs(x) - 0.66)))
    x, y, z = turned(x, y, z, tilt=-14)
    front = inside(z)
    lace = np.minimum(0.05 - np.abs(y), 0.36 - np.abs(x))
    ties = np.minimum(0.15 - np.abs(y), 0.40 - np.abs(x))
    ties = np.minimum(ties, stitches(x / 0.16, 0.42) * 0.16)
    return over(skin, "#fdfaf2", front * inside(np.maximum(lace, ties)))


def _rugby(x: Array, y: Array, z: Array) -> Array:
    side = np.minimum(np.abs(y - z), np.abs(y + z))
    skin = over(plain(x, "#f7f8f4"), "#9aa3a0", inside(0.022 - side))
    skin = over(skin, "#1f8a5b", inside(np.abs(x) - 0.66))
    skin = over(skin, "#d8343c", inside(0.06 - np.abs(np.abs(x) - 0.46)))
    return skin


def _beach_ball(x: Array, y: Array, z: Array) -> Array:
    x, y, z = turned(x, y, z, tilt=28, spin=-18)
    skin = np.zeros((*x.shape, 3))
    wedges = ("#e8413c", "#fbfbf8", "#2f7fdd", "#ffd23e", "#37b26a", "#ff8a2f")
    for k, code in enumerate(wedges):
        from_, to = np.radians(60 * k), np.radians(60 * k + 60)
        after = inside(y * np.cos(from_) - x * np.sin(from_))
        before = inside(x * np.sin(to) - y * np.cos(to))
        skin = skin + colour(code) * np.minimum(after, before)[:, None]  # shares that add to 1
    return over(skin, "#fdfdfb", inside(0.2 - np.sqrt(x * x + y * y)))


SKINS: dict[str, Skin] = {
    "baseball": Skin(_baseball, gloss=14),
    "basketball": Skin(_basketball, gloss=30),
    "volleyball": Skin(_volleyball, gloss=30),
    "soccerball": Skin(_soccerball, gloss=36),
    "tennis": Skin(_tennis, gloss=6),
    "golf": Skin(_golf, gloss=40),
    "bowling": Skin(_bowling, gloss=120),
    "billiard": Skin(_billiard, gloss=130),
    "cricket": Skin(_cricket, gloss=50),
    "american_football": Skin(_american_football, gloss=26, radii=(1.0, 0.58, 0.58)),
    "rugby": Skin(_rugby, gloss=34, radii=(1.0, 0.68, 0.68)),
    "beach_ball": Skin(_beach_ball, gloss=70),
}


@cache
def texture(name: str, style: str = "lit") -> Array:
    """The skin of class `name` as an octahedral map: uint8 (T, T, 3), read-only.

    style  "lit": painted all around; "flat": its icon, which faces the viewer
    """
    x, y, z = sphere_points(TEXTURE_SIZE * _SUPERSAMPLING)
    colours = icon(name, x, y) if style == "flat" else SKINS[name].paint(x, y, z)
    blocks = colours.reshape(TEXTURE_SIZE, _SUPERSAMPLING, TEXTURE_SIZE, _SUPERSAMPLING, 3)
    # A hair above one half: a level that falls exactly between two must not hang on a last bit.
    painted = np.floor(blocks.mean(axis=(1, 3)).clip(0, 255) + 0.500001).astype(np.uint8)
    painted.setflags(write=False)  # shared by every caller of this process
    return painted


def sphere_points(size: int) -> tuple[Array, Array, Array]:
    """x, y, z, each float64 (size²,): the unit directions of the texel centres, row by row."""
    place = (np.arange(size) + 0.5) * (2 / size) - 1
    v, u = (axis.ravel() for axis in np.meshgrid(place, place, indexing="ij"))
    z = 1 - np.abs(u) - np.abs(v)
    x = np.where(z < 0, np.copysign(1 - np.abs(v), u), u)
    y = np.where(z < 0, np.copysign(1 - np.abs(u), v), v)
    norm = np.sqrt(x * x + y * y + z * z)
    return x / norm, y / norm, z / norm


def texel_index(x: Array, y: Array, z: Array, size: int) -> Array:
    """Row-major texel, on a map of `size`², of the float32 directions x, y, z of any length > 0.

    The whole numbers come as float32, which is exact below 2²⁴: the caller can go on adding to
    them before the one slow conversion to integers.
    """
    scale = np.float32(1) / (np.abs(x) + np.abs(y) + np.abs(z))
    u, v = x * scale, y * scale
    # Behind, 1 - |v| = |u| + |z|: the fold is an addition, several times faster than a choice.
    fold = np.maximum(-z * scale, np.float32(0))
    u, v = u + np.copysign(fold, u), v + np.copysign(fold, v)
    half, last = np.float32(size / 2), np.float32(size - 1)
    column = np.minimum(np.floor(u * half + half), last)
    row = np.minimum(np.floor(v * half + half), last)
    return row * np.float32(size) + column
