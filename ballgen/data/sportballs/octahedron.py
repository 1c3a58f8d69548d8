"""The octahedral map: the whole sphere on one square of texels, without poles.

The sphere is projected onto an octahedron, whose lower half is folded out over the corners of the
square (Engelhardt and Dachsbacher, "Octahedron environment maps", 2008).
"""

from __future__ import annotations

import numpy as np

Array = np.ndarray


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
