"""Interpolation, arithmetic and traversal of latent codes. All work on codes alone."""

from collections.abc import Callable

import torch
from torch import Tensor

from ballgen.errors import InputError

PARALLEL = 1e-4  # radians; below it, and this close to opposite ends, an arc has no direction
EFFECT_CODES = 6  # codes from which every dimension is moved: enough to rank them


def lerp(start: Tensor, end: Tensor, share: Tensor) -> Tensor:
    """Codes (N, D) at `share` (N,) of the straight line from `start` (D,) to `end` (D,)."""
    return torch.lerp(start, end, share[:, None])


def slerp(start: Tensor, end: Tensor, share: Tensor) -> Tensor:
    """The arc: codes (N, D) at `share` (N,) of the way from `start` (D,) to `end` (D,).

    The direction turns evenly and the length passes evenly from one end's to the other's, so that
    equal lengths are kept: codes of N(0, I) all lie near one sphere, which a straight line leaves
    (Shoemake 1985; White 2016, arXiv 1609.04468). Where the ends lie in one line, which has no
    arc, this is the straight line.
    """
    first, last = start / start.norm(), end / end.norm()
    # Twice the arc tangent is exact where the arc cosine of a product near ±1 is not.
    angle = 2 * torch.atan2((first - last).norm(), (first + last).norm())
    if not PARALLEL <= angle <= torch.pi - PARALLEL:  # undefined where an end is 0
        return lerp(start, end, share)
    share = share[:, None]
    direction = torch.sin((1 - share) * angle) * first + torch.sin(share * angle) * last
    return direction / torch.sin(angle) * torch.lerp(start.norm(), end.norm(), share)


INTERPOLATIONS = {"linear": lerp, "spherical": slerp}


def interpolate(start: Tensor, end: Tensor, count: int, kind: str = "linear") -> Tensor:
    """Codes (count, D) in even steps from `start` (D,) to `end` (D,), both included.

    kind  "linear" or "spherical"
    Raises `InputError` for another kind, fewer than 2 codes, or ends of different lengths.
    """
    if kind not in INTERPOLATIONS:
        raise InputError(
            f"interpolation {kind!r} is unknown: choose from {', '.join(INTERPOLATIONS)}"
        )
    if count < 2:
        raise InputError(f"an interpolation needs at least 2 codes, got {count}")
    _check_ends(start, end)
    return INTERPOLATIONS[kind](start, end, torch.linspace(0, 1, count))


def interpolation_grid(corners: Tensor, rows: int, columns: int, kind: str = "linear") -> Tensor:
    """Codes (rows, columns, D) between four corners (4, D).

    corners  top left, top right, bottom left, bottom right
    kind     of the left and right edges, and of the rows between them
    Raises `InputError` for another kind, fewer than 2 rows or columns, or other corners.
    """
    if corners.ndim != 2 or len(corners) != 4:
        raise InputError(f"corners must have the shape (4, D), got {tuple(corners.shape)}")
    edges = (interpolate(corners[i], corners[i + 2], rows, kind) for i in range(2))
    return torch.stack([interpolate(*ends, columns, kind) for ends in zip(*edges, strict=True)])


def arithmetic(code: Tensor, minus: Tensor, plus: Tensor, strengths: Tensor) -> Tensor:
    """`code` − strength · `minus` + strength · `plus`: codes (N, D) for strengths (N,).

    With class means for `minus` and `plus` this takes an image from one class towards another
    (Radford et al. 2015, arXiv 1511.06434). Raises `InputError` for codes of different lengths.
    """
    _check_ends(code, minus)
    _check_ends(code, plus)
    return code + strengths[:, None] * (plus - minus)


def traversal(code: Tensor, dimension: int, values: Tensor) -> Tensor:
    """Codes (N, D): `code` (D,) with `dimension` set to each of `values` (N,).

    Raises `InputError` if the code has no such dimension.
    """
    if not 0 <= dimension < len(code):
        raise InputError(f"dimension must be from 0 to {len(code) - 1}, got {dimension}")
    codes = code.repeat(len(values), 1)
    codes[:, dimension] = values
    return codes


def direction_traversal(codes: Tensor, chosen: Tensor, steps: tuple[float, ...]) -> Tensor:
    """Codes (S, D) from the mean of the rest (step 0) to that of the chosen (step 1) and beyond.

    codes (N, D); chosen bool (N,). Raises `InputError` unless some are chosen, but not all.
    """
    if not chosen.any() or chosen.all():
        raise InputError("a direction needs some images inside the region and some outside")
    start, end = codes[~chosen].mean(0), codes[chosen].mean(0)
    return start + torch.tensor(steps)[:, None] * (end - start)


def dimension_effects(decode: Callable[[Tensor], Tensor], codes: Tensor) -> Tensor:
    """How much a traversal of each dimension changes the image: (D,) root mean squares in [0, 1].

    Each dimension of some codes goes from one standard deviation (of `codes`, (N, D)) below its own
    value to one above. Raises `InputError` for fewer than 2 codes.
    """
    if len(codes) < 2:
        raise InputError(f"at least 2 codes are needed to see how they spread, got {len(codes)}")
    base, spread = codes[:EFFECT_CODES], codes.std(0)
    steps = torch.diag(spread)  # (D, D): one row moves one dimension
    ends = [(base[None] + sign * steps[:, None]).flatten(0, 1) for sign in (-1, 1)]
    change = decode(ends[1]) - decode(ends[0])  # (D · EFFECT_CODES, C, H, W)
    return change.unflatten(0, (codes.shape[1], -1)).square().mean((1, 2, 3, 4)).sqrt()


def _check_ends(start: Tensor, end: Tensor) -> None:
    if start.ndim != 1 or start.shape != end.shape:
        raise InputError(
            f"both ends must be single codes (D,) of one model, "
            f"got {tuple(start.shape)} and {tuple(end.shape)}"
        )
