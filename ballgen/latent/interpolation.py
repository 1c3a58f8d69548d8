"""Ways through latent space: lines, arcs, grids, arithmetic and walks. All work on codes alone."""

from __future__ import annotations

import torch
from torch import Tensor

from ballgen.errors import InputError

KINDS = ("linear", "spherical")
PARALLEL = 1e-4  # radians; below it, and this close to opposite ends, an arc has no direction


def lerp(start: Tensor, end: Tensor, share: Tensor) -> Tensor:
    """Codes (N, D) at `share` (N,) of the straight line from `start` (D,) to `end` (D,)."""
    _check_ends(start, end)
    share = _column(share)
    return (1 - share) * start + share * end


def slerp(start: Tensor, end: Tensor, share: Tensor) -> Tensor:
    """The arc: codes (N, D) at `share` (N,) of the way from `start` (D,) to `end` (D,).

    The direction turns evenly and the length passes evenly from one end's to the other's, so that
    equal lengths are kept: codes of N(0, I) all lie near one sphere, which a straight line leaves
    (Shoemake 1985; White 2016, arXiv 1609.04468). Where the ends lie in one line, which has no
    arc, this is the straight line.
    """
    _check_ends(start, end)
    share = _column(share)
    lengths = start.norm(), end.norm()
    if not min(lengths) > 0:
        return lerp(start, end, share[:, 0])
    first, last = start / lengths[0], end / lengths[1]
    # Twice the arc tangent is exact where the arc cosine of a product near ±1 is not.
    angle = 2 * torch.atan2((first - last).norm(), (first + last).norm())
    if angle < PARALLEL or torch.pi - angle < PARALLEL:
        return lerp(start, end, share[:, 0])
    direction = torch.sin((1 - share) * angle) * first + torch.sin(share * angle) * last
    length = (1 - share) * lengths[0] + share * lengths[1]
    return direction / torch.sin(angle) * length


INTERPOLATIONS = {"linear": lerp, "spherical": slerp}


def interpolate(start: Tensor, end: Tensor, count: int, kind: str = "linear") -> Tensor:
    """Codes (count, D) in even steps from `start` (D,) to `end` (D,), both included.

    kind  "linear" or "spherical". Raises `InputError` for another one, or fewer than 2 codes.
    """
    return _interpolation(kind)(start, end, _steps(count))


def interpolation_grid(corners: Tensor, rows: int, columns: int, kind: str = "linear") -> Tensor:
    """Codes (rows, columns, D) between four corners (4, D).

    corners  top left, top right, bottom left, bottom right
    kind     of the ways along the left and right edges, and of those across between them
    """
    if corners.ndim != 2 or len(corners) != 4:
        raise InputError(f"corners must have the shape (4, D), got {tuple(corners.shape)}")
    way, across = _interpolation(kind), _steps(columns)
    left = interpolate(corners[0], corners[2], rows, kind)
    right = interpolate(corners[1], corners[3], rows, kind)
    return torch.stack([way(a, b, across) for a, b in zip(left, right, strict=True)])


def class_mean(codes: Tensor, labels: Tensor, label: int) -> Tensor:
    """The mean code (D,) of one class, of codes (N, D) with labels (N,).

    Raises `InputError` if none is of that class.
    """
    chosen = codes[labels == label]
    if not len(chosen):
        raise InputError(f"class {label} has no picture, so it has no mean: take more pictures")
    return chosen.float().mean(0)


def arithmetic(code: Tensor, minus: Tensor, plus: Tensor, strengths: Tensor) -> Tensor:
    """`code` − strength · `minus` + strength · `plus`: codes (N, D) for strengths (N,).

    With class means for `minus` and `plus` this carries a picture from one class towards another
    (Radford et al. 2015, arXiv 1511.06434).
    """
    _check_ends(code, minus)
    _check_ends(code, plus)
    return code + _column(strengths) * (plus - minus)


def traversal(code: Tensor, dimension: int, values: Tensor) -> Tensor:
    """Codes (N, D): `code` (D,) with `dimension` set to each of `values` (N,)."""
    if not 0 <= dimension < len(code):
        raise InputError(f"dimension must be from 0 to {len(code) - 1}, got {dimension}")
    codes = code.repeat(len(values), 1)
    codes[:, dimension] = values
    return codes


def _interpolation(kind: str):
    if kind not in INTERPOLATIONS:
        raise InputError(f"path {kind!r} is unknown: choose from {', '.join(KINDS)}")
    return INTERPOLATIONS[kind]


def _steps(count: int) -> Tensor:
    if count < 2:
        raise InputError(f"a path needs at least 2 codes, got {count}")
    return torch.linspace(0, 1, count)


def _column(numbers: Tensor) -> Tensor:
    return torch.as_tensor(numbers, dtype=torch.float32)[:, None]


def _check_ends(start: Tensor, end: Tensor) -> None:
    if start.ndim != 1 or start.shape != end.shape:
        raise InputError(
            f"both ends must be single codes (D,) of one model, "
            f"got {tuple(start.shape)} and {tuple(end.shape)}"
        )
