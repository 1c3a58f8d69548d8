"""Regions of a map: who lies inside, and which way they lie from the rest."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from ballgen.errors import InputError


def parse_corners(text: str) -> np.ndarray:
    """Corners (K, 2) from "x,y x,y x,y". Raises `InputError`."""
    try:
        corners = [[float(number) for number in pair.split(",")] for pair in text.split()]
        fine = len(corners) > 2 and all(
            len(pair) == 2 and all(map(math.isfinite, pair)) for pair in corners
        )
    except ValueError:
        fine = False
    if not fine:
        raise InputError(
            f"region {text!r} cannot be read: give at least three corners as x,y x,y x,y"
        )
    return np.array(corners)


def inside(places: Tensor, corners: np.ndarray) -> Tensor:
    """bool (N,): which places (N, 2) a polygon (K, 2) holds, by the even-odd rule."""
    x, y = places.double().numpy().T[:, :, None]  # (N, 1)
    (x0, y0), (x1, y1) = corners.T, np.roll(corners, -1, 0).T  # (K,)
    straddles = (y0 > y) != (y1 > y)  # edges that a ray to the right may cross
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = x0 + (y - y0) / (y1 - y0) * (x1 - x0)
    return torch.from_numpy((straddles & (x < crossing)).sum(1) % 2 == 1)


def direction_traversal(codes: Tensor, chosen: Tensor, steps: tuple[float, ...]) -> Tensor:
    """Codes (S, D) from the mean of the rest (step 0) to that of the chosen (step 1) and beyond.

    codes (N, D); chosen bool (N,), some but not all. Raises `InputError`.
    """
    if not chosen.any() or chosen.all():
        raise InputError("a direction needs some pictures inside the region and some outside")
    start, end = codes[~chosen].mean(0), codes[chosen].mean(0)
    return start + torch.tensor(steps)[:, None] * (end - start)
