"""Draws sports balls from known factors: lit ellipsoids with painted skins, or flat icons.

Same seed, same bytes, on any machine and for any batch size:

- Factors are looked up in a hash of (seed, image, factor): an image does not know how many
  others are drawn with it.
- Drawing uses only operations that IEEE 754 rounds exactly (+ - * / sqrt floor, compare, copy), in
  a fixed order: no sum over an axis, no matrix product and no fused multiply-add, whose rounding
  depends on the processor. Sines are rounded to 2⁻²⁰, far coarser than any two libraries differ,
  and skins to whole uint8 levels.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np
import torch

from ballgen.data.sportballs.factors import (
    DEFAULT_SETTINGS,
    BallSettings,
    ball_columns,
    check_factors,
    hashed,
    unit,
)
from ballgen.data.sportballs.textures import SKINS, TEXTURE_SIZE, texel_index, texture

Array = np.ndarray
Direction = tuple[float, float, float]

DRAWER_VERSION = 1  # names the drawn bytes in the cache: raise it whenever one of them changes

_CHUNK_PIXELS = 2**16  # drawn together: enough to keep numpy busy, few enough for the cache
_GRID = 4  # rays along a side of each pixel

# Directions in the image (x right, y up, z towards the viewer): the lamp does not turn with
# the ball. The highlight sits half way between lamp and viewer.
_LAMP = (-0.50, 0.58, 0.64)
_HALFWAY = (-0.50, 0.58, 1.64)
_VIEWER = (0.0, 0.0, 1.0)
# A warm lamp in a cool room, so that shadows turn a little blue: red, green, blue.
_AMBIENT = np.array([0.64, 0.65, 0.69], np.float32)
_LAMPLIGHT = np.array([0.46, 0.44, 0.39], np.float32)
_RIM = np.float32(0.26)  # darkens the edge, so that a white ball stands out from white
_SHARPNESS = 5  # the highlight falls off with the cosine to the power 2⁵

_ZERO, _ONE, _WHITE = np.float32(0), np.float32(1), np.float32(255)


@lru_cache(maxsize=8)
def _packed_skins(classes: tuple[str, ...], style: str) -> Array:
    """uint64 (1 + K·T²,): every texel of the classes, after an empty one for rays that miss.

    Red, green, blue and the number 1 stand in fields of 16 bits, so that one integer addition sums
    three colours and counts the hits of up to 256 rays, exactly and in any order.
    """
    texels = np.concatenate([texture(name, style).reshape(-1, 3) for name in classes])
    texels = texels.astype(np.uint64)
    packed = texels[:, 0] | texels[:, 1] << np.uint64(16) | texels[:, 2] << np.uint64(32)
    return np.concatenate([np.zeros(1, np.uint64), packed | np.uint64(1) << np.uint64(48)])


def _field(packed: Array, number: int) -> Array:
    """One of the four sums in `packed` as float32, divided by the number of rays."""
    field = (packed >> np.uint64(16 * number)) & np.uint64(0xFFFF)
    return field.astype(np.float32) * np.float32(1 / _GRID**2)


def _dot(a: Array, b: Array) -> Array:
    """a · b over a first axis of three, in a fixed order of additions."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _rotations(ball: Array) -> Array:
    """float64 (3, 3, n): `[i, j]` is how much of the ball's axis i lies along the image's axis j.

    A ball is spun about its upright axis y, then tilted about x, then rotated in the image.
    """
    angles = np.radians(ball[:, 4:].T)
    (ca, ct, cs), (sa, st, ss) = (
        np.floor(function(angles) * 2**20 + 0.5) / 2**20 for function in (np.cos, np.sin)
    )
    zero = np.zeros_like(ca)
    x_row = np.stack([cs, zero, ss])  # along the image's axes before the rotation in the image
    y_row = np.stack([st * ss, ct, -st * cs])
    z_row = np.stack([-ct * ss, st, ct * cs])
    return np.stack([ca * x_row - sa * y_row, sa * x_row + ca * y_row, z_row], axis=1)


def _touched_pixels(ball: Array, radius: Array, size: int) -> tuple[Array, Array, Array, Array]:
    """The P pixels that a ball may touch, over all n images.

    Returns their image and their place in a flat (n, S, S), both integers (P,), and where their
    middles lie from the ball's centre, rightwards and upwards in radii, both float32 (P,).
    """
    middle = np.arange(size) + 0.5
    right, up = middle - ball[:, 1:2], ball[:, 2:3] - middle  # px, (n, S)
    reach = (radius + 0.75) ** 2  # a pixel's corner is 0.71 px from its middle
    near = (right * right)[:, None, :] + (up * up)[:, :, None] < reach[:, None, None]
    place = np.flatnonzero(near)
    image, row, column = place // size**2, place // size % size, place % size
    u = (right / radius[:, None]).astype(np.float32).take(image * size + column, mode="clip")
    v = (up / radius[:, None]).astype(np.float32).take(image * size + row, mode="clip")
    return image, place, u, v


def _light(cosine: Callable[[Direction], Array]) -> tuple[Array, Array]:
    """What a surface is lit with, (3, P) for red, green and blue, and its highlight in [0, 1] (P,).

    cosine  of the angle between the surface and a direction in the image, at least 0, (P,)
    """
    edge = _ONE - cosine(_VIEWER)
    rim = _ONE - _RIM * edge * edge
    shine = cosine(_HALFWAY)
    for _ in range(_SHARPNESS):
        shine = shine * shine
    return (_AMBIENT[:, None] + _LAMPLIGHT[:, None] * cosine(_LAMP)) * rim, shine


def _add_ball(canvas: Array, ball: Array, classes: tuple[str, ...], style: str) -> None:
    """Lay one ball on each image of `canvas`, float32 (3, n, S, S) in 0..255, in place.

    ball  float64 (n, 7): class, x, y, diameter, angle, tilt, spin
    """
    label = ball[:, 0].astype(np.intp)
    axes = np.array([SKINS[name].radii for name in classes])[label].T  # (3, n)
    gloss = np.array([SKINS[name].gloss for name in classes])[label]
    radius = np.maximum(ball[:, 3] / 2, 1e-3)  # px; a ball of no size is a ball of no rays
    image, place, u, v = _touched_pixels(ball, radius, canvas.shape[-1])

    def per_pixel(values: Array) -> Array:
        """(..., n) to float32 (..., P)."""
        return values.astype(np.float32).take(image, axis=-1, mode="clip")

    # In coordinates stretched so that the ball is the unit sphere, every ray is q + depth * ahead.
    turn = _rotations(ball)
    stretched = turn / axes[:, None]
    along_u, along_v, ahead = (per_pixel(stretched[:, axis]) for axis in range(3))
    centre = along_u * u + along_v * v
    ahead_squared = _dot(ahead, ahead)

    def meet(q: Array) -> tuple[Array, Array]:
        """The foremost point of the sphere on the rays through `q`, and whether they meet it."""
        b = _dot(q, ahead)
        discriminant = b * b - ahead_squared * (_dot(q, q) - _ONE)
        depth = (np.sqrt(np.maximum(discriminant, _ZERO)) - b) / ahead_squared
        return q + ahead * depth, discriminant > 0

    step = per_pixel(1 / (_GRID * radius))
    step_u, step_v = along_u * step, along_v * step
    line = centre - (step_u + step_v) * np.float32((_GRID - 1) / 2)
    skins, first_texel = _packed_skins(classes, style), per_pixel(label * TEXTURE_SIZE**2 + 1)
    packed = np.zeros(len(place), np.uint64)
    for _ in range(_GRID):
        q = line
        for _ in range(_GRID):
            point, met = meet(q)
            texel = (texel_index(*point, TEXTURE_SIZE) + first_texel) * met.astype(np.float32)
            # "clip" leaves out a check of bounds that costs more than the look-up.
            packed += skins.take(texel.astype(np.intp), mode="clip")
            q = q + step_u
        line = line + step_v

    cover = _field(packed, 3)
    if style == "flat":
        for channel, layer in enumerate(canvas.reshape(3, -1)):
            layer[place] = layer[place] * (_ONE - cover) + _field(packed, channel)
        return

    # Light changes slowly over the ball: it is worked out once per pixel, in its middle.
    point, _ = meet(centre)
    normal = point / per_pixel(axes)
    length = np.sqrt(_dot(normal, normal))

    def cosine(direction: Direction) -> Array:
        x, y, z = direction
        norm = np.sqrt(x * x + y * y + z * z)
        on_ball = (turn[:, 0] * x + turn[:, 1] * y + turn[:, 2] * z) / norm
        return np.maximum(_dot(normal, per_pixel(on_ball)) / length, _ZERO)

    light, shine = _light(cosine)
    highlight, most = shine * per_pixel(gloss) * cover, _WHITE * cover
    for channel, layer in enumerate(canvas.reshape(3, -1)):
        colour = np.minimum(_field(packed, channel) * light[channel] + highlight, most)
        layer[place] = layer[place] * (_ONE - cover) + colour


def _draw_chunk(factors: Array, settings: BallSettings) -> Array:
    """uint8 (n, 3, S, S) of float64 factors (n, F)."""
    canvas = draw_backgrounds(settings.background, factors[:, -1], settings.image_size)
    width = len(ball_columns(settings))
    for ball in reversed(range(settings.balls)):  # the first is laid last, in front
        columns = np.zeros((len(factors), 7))
        columns[:, :width] = factors[:, ball * width : (ball + 1) * width]
        _add_ball(canvas, columns, settings.classes, settings.style)
    return np.floor(canvas + np.float32(0.5)).astype(np.uint8).transpose(1, 0, 2, 3)


def draw_balls(
    factors: torch.Tensor | Array, settings: BallSettings = DEFAULT_SETTINGS
) -> torch.Tensor:
    """Draw the images of `factors` (N, F), with the columns `factor_names(settings)`.

    Position, diameter and angles may be any finite numbers; a ball may leave the image. Returns
    uint8 (N, 3, S, S). Raises `InputError` for a wrong shape, class or number.
    """
    table = check_factors(factors, settings)
    pixels = np.empty((len(table), 3, settings.image_size, settings.image_size), np.uint8)
    # Painted before the threads start, lest each paint its own.
    _packed_skins(settings.classes, settings.style)
    chunk = max(1, _CHUNK_PIXELS // settings.image_size**2)

    def draw(start: int) -> None:
        part = slice(start, start + chunk)
        pixels[part] = _draw_chunk(table[part], settings)

    starts = range(0, len(table), chunk)
    if len(starts) == 1:
        draw(0)
    else:  # threads suffice: numpy works outside the interpreter lock
        with ThreadPoolExecutor(torch.get_num_threads()) as pool:
            list(pool.map(draw, starts))
    return torch.from_numpy(pixels)


# --- what lies behind the balls ------------------------------------------------------------------

_CELLS = (3, 6, 13)  # cells of noise along a side: large shapes, middle ones, grain
_WEIGHTS = tuple(np.float32(weight) for weight in (0.55, 0.30, 0.15))
_COLOURS, _DIRECTION, _STRIPES, _NOISE = 0, 1, 2, 8  # hash counters


def _noise(seeds: Array, size: int) -> Array:
    """Smooth value noise in [0, 1], float32 (n, S, S), from uint64 seeds (n,)."""
    total = np.zeros((len(seeds), size, size), np.float32)
    for octave, (cells, weight) in enumerate(zip(_CELLS, _WEIGHTS, strict=True)):
        nodes = np.arange((cells + 1) ** 2)
        lattice = unit(hashed(_NOISE + octave, seeds[:, None], nodes)).astype(np.float32)
        lattice = lattice.reshape(-1, cells + 1, cells + 1)
        place = (np.arange(size) + 0.5) * (cells / size)
        cell = np.floor(place).astype(np.intp)
        part = (place - cell).astype(np.float32)
        ease = part * part * (np.float32(3) - np.float32(2) * part)
        rows, next_rows = lattice[:, cell], lattice[:, cell + 1]
        rows = rows + (next_rows - rows) * ease[:, None]
        left, right = rows[:, :, cell], rows[:, :, cell + 1]
        total = total + (left + (right - left) * ease) * weight
    return total


def _pattern(seeds: Array, size: int) -> Array:
    """Clouds that run over into warped stripes, in [0, 1]: float32 (n, S, S)."""
    noise = _noise(seeds, size)
    stripes = unit(hashed(_STRIPES, seeds)).astype(np.float32)[:, None, None]
    along = (unit(hashed(_DIRECTION, seeds[:, None], np.arange(2))) * 2 - 1).astype(np.float32)
    place = ((np.arange(size) + 0.5) / size).astype(np.float32)
    across = along[:, 0, None, None] * place + along[:, 1, None, None] * place[:, None]
    phase = np.float32(9) * stripes * across + np.float32(2) * noise
    return np.abs(phase - np.float32(2) * np.floor(phase * np.float32(0.5)) - np.float32(1))


def draw_backgrounds(kind: str, numbers: Array, size: int) -> Array:
    """Canvases of the given kind: float32 (3, n, S, S) in 0..255.

    kind     "white", "colour" or "texture"
    numbers  float64 (n,), the whole numbers that the colours and patterns grow from
    """
    if kind == "white":
        return np.full((3, len(numbers), size, size), 255, np.float32)
    seeds = numbers.astype(np.uint64)
    levels = unit(hashed(_COLOURS, seeds, np.arange(6)[:, None])).astype(np.float32)
    levels = np.float32(40) + np.float32(200) * levels
    first, second = levels[:3, :, None, None], levels[3:, :, None, None]
    if kind == "colour":
        return np.broadcast_to(first, (3, len(numbers), size, size)).copy()
    return first + (second - first) * _pattern(seeds, size)
