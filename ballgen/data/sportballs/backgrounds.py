"""What may lie behind the balls: white, one colour, or a random pattern of two colours.

A background grows from one whole number, so it is a factor like any other. The arithmetic follows
the rules of `render.py`: same number, same bytes, on any machine.
"""

from __future__ import annotations

import numpy as np

from ballgen.data.sportballs.factors import hashed, unit

Array = np.ndarray

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
