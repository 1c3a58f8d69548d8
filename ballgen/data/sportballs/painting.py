"""The tools that skins are painted with: colours, soft edges, turned balls, seams and panels.

Every tool works on P points of the unit sphere in float64. Edges are ramps and not steps, so that
the last bits in which one machine's sine differs from another's never reach a stored colour.
"""

from functools import cache
from itertools import combinations

import numpy as np

Array = np.ndarray

SOFTNESS = 0.02  # radians over which an edge fades, about one and a half texels


def colour(code: str) -> Array:
    """float64 (3,) of an sRGB colour written as "#rrggbb"."""
    return np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)], dtype=np.float64)


def plain(x: Array, code: str) -> Array:
    """One colour for every point: (P, 3)."""
    return np.broadcast_to(colour(code), (*x.shape, 3))


def over(base: Array, code: str, opacity: Array) -> Array:
    """Blend a colour over `base` (P, 3) with `opacity` (P,) in [0, 1]."""
    return base + (colour(code) - base) * opacity[:, None]


def inside(depth: Array, softness: float = SOFTNESS) -> Array:
    """1 where `depth` is positive, 0 where it is negative, a ramp of width `softness` between."""
    return np.clip(depth / softness + 0.5, 0, 1)


def turned(
    x: Array, y: Array, z: Array, *, roll: float = 0, spin: float = 0, tilt: float = 0
) -> tuple[Array, Array, Array]:
    """The points' coordinates on a ball rolled about z, spun about y, tilted about x (degrees)."""
    c, s = np.cos(np.radians(tilt)), np.sin(np.radians(tilt))
    y, z = c * y + s * z, c * z - s * y
    c, s = np.cos(np.radians(spin)), np.sin(np.radians(spin))
    x, z = c * x - s * z, c * z + s * x
    c, s = np.cos(np.radians(roll)), np.sin(np.radians(roll))
    return c * x + s * y, c * y - s * x, z


def to_sphere(rows: Array) -> Array:
    """The same directions (..., 3) with length 1."""
    return rows / np.sqrt((rows**2).sum(axis=-1, keepdims=True))


def distance(x: Array, y: Array, z: Array, to: tuple[float, float, float]) -> Array:
    """Straight distance of every point to the one at `to`, which is brought to the sphere."""
    cx, cy, cz = to_sphere(np.array(to))
    return np.sqrt((x - cx) ** 2 + (y - cy) ** 2 + (z - cz) ** 2)


def marbling(x: Array, y: Array, z: Array) -> Array:
    """A smooth swirling pattern in [-1, 1]."""
    warp = np.sin(2.3 * y + 1.7 * z + 0.4) + np.sin(3.1 * z - 2.2 * x + 1.3)
    return np.sin(3.7 * x + 2.9 * y - 1.9 * z + 2.1 * warp + 0.8 * np.sin(6.1 * y - 4.7 * x))


def seam(x: Array, y: Array, z: Array, neck: float) -> tuple[Array, Array]:
    """Distance to the seam of a baseball or tennis ball, and the place t (radians) along it.

    The seam is (a cos t + b cos 3t, a sin t - b sin 3t, 2 sqrt(ab) sin 2t) with a + b = 1, which
    lies on the sphere. `neck` = a - b is half the width of its narrowest part, which faces z.
    """
    a, b = (1 + neck) / 2, (1 - neck) / 2
    height = 2 * np.sqrt(a * b)

    def curve(t: Array) -> tuple[Array, Array, Array]:
        return (
            a * np.cos(t) + b * np.cos(3 * t),
            a * np.sin(t) - b * np.sin(3 * t),
            height * np.sin(2 * t),
        )

    grid = np.arange(360) * (2 * np.pi / 360)
    samples = np.stack(curve(grid))
    points = np.stack([x, y, z], axis=-1)
    parts = np.array_split(points, 64)  # the table of all dot products would take 750 MB
    t = np.concatenate([grid[(part @ samples).argmax(axis=1)] for part in parts])
    # Newton's method on the slope of the dot product: t must not jump from sample to sample.
    for _ in range(2):
        sin, cos, sin3, cos3 = np.sin(t), np.cos(t), np.sin(3 * t), np.cos(3 * t)
        slope = x * (-a * sin - 3 * b * sin3) + y * (a * cos - 3 * b * cos3)
        slope = slope + z * 2 * height * np.cos(2 * t)
        bend = x * (-a * cos - 9 * b * cos3) + y * (-a * sin + 9 * b * sin3)
        bend = bend - z * 4 * height * np.sin(2 * t)
        t = t - np.clip(slope / np.minimum(bend, -0.5), -0.02, 0.02)
    cx, cy, cz = curve(t)
    return np.sqrt((x - cx) ** 2 + (y - cy) ** 2 + (z - cz) ** 2), t


def stitches(phase: Array, share: float) -> Array:
    """Depth inside dashes that repeat with period 1 and fill a `share` of it; at most share / 2."""
    return share / 2 - np.abs(np.mod(phase, 1) - 0.5)


@cache
def icosahedron() -> tuple[Array, Array]:
    """Its 12 corners (12, 3) and the middles of its 20 faces (20, 3), on the unit sphere."""
    golden = (1 + np.sqrt(5)) / 2
    corners = [
        corner
        for s in (-1, 1)
        for g in (-golden, golden)
        for corner in ((0, s, g), (s, g, 0), (g, 0, s))
    ]
    corners = to_sphere(np.array(corners))
    faces = [
        a + b + c
        for a, b, c in combinations(corners, 3)
        if min(a @ b, b @ c, c @ a) > 0.4  # neighbours: the cosine between them is 0.447
    ]
    return corners, to_sphere(np.array(faces))


# The tilt in degrees that brings the corner (0, 1, golden ratio) of the icosahedron to the front.
CORNER_TILT = float(np.degrees(np.arctan2(2, 1 + np.sqrt(5))))
