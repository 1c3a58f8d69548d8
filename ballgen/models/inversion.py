"""Inversion: the code of an image, for a decoder without an encoder that is exact."""

from collections.abc import Callable, Iterator
from functools import cache
from itertools import count

import torch
from torch import Tensor

STEPS = 5
DIRECTIONS = 32  # that a step may go in; in a longer code random ones, others in each step
DIFFERENCE = 1e-2  # between codes whose images give a derivative; a prior's deviation is 1
DAMPINGS = tuple(10 ** (6 * k / 7 - 5) for k in range(8))  # that a step tries, 1e-5 to 10
PRIOR_WEIGHT = 1e-4  # per squared unit of code: keeps a code that explains nothing from running off
PATIENCE, GAIN = 10, 0.01  # so many steps in which the error falls by less than this share: the end


Decode = Callable[[Tensor], Tensor]


def invert(decode: Decode, start: Tensor, images: Tensor) -> Tensor:
    """Codes (N, D) near `start` whose decoded images come closer to images (N, C, H, W).

    One image after the other, so that the answer is the same whatever shares a batch.
    """
    found = []
    for code, image in zip(start, images, strict=True):
        for number in range(STEPS):
            code, _ = _improve(decode, code, image, number)
        found.append(code)
    return torch.stack(found)


def search(decode: Decode, start: Tensor, image: Tensor) -> Iterator[tuple[Tensor, float]]:
    """Ever better codes (D,) of an image (C, H, W), and their squared errors, from `start` on.

    Ends when they hardly become better. The first `STEPS` are those of `invert`.
    """
    code, errors = start, []
    for number in count():
        code, error = _improve(decode, code, image, number)
        yield code, error
        errors.append(error)
        if number >= PATIENCE and error >= (1 - GAIN) * errors[number - PATIENCE]:
            return


@torch.no_grad()
def _improve(decode: Decode, code: Tensor, image: Tensor, number: int) -> tuple[Tensor, float]:
    """A code (D,) whose image is nearer to `image`, else the same one; and its squared error.

    A step by Levenberg (1944) and Marquardt (1963) in a random subspace of a long code (Cartis,
    Fowkes and Shao 2022), with derivatives by differences and several dampings tried at once:
    for a decoder, a batch of them costs little more than one.

    number  of the step, which decides the subspace
    """
    target = image.flatten()
    directions = _directions(len(code), number).to(code)  # (K, D)
    near = torch.cat([code[None], code + DIFFERENCE * directions])
    residual, *shifted = decode(near).flatten(1) - target  # (P,) each
    slopes = (torch.stack(shifted) - residual) / DIFFERENCE  # (K, P)
    weight = PRIOR_WEIGHT * len(target) / len(code)
    gradient = slopes @ residual + weight * (directions @ code)
    values, vectors = torch.linalg.eigh((slopes @ slopes.T).double())
    dampings = values.mean() * torch.tensor(DAMPINGS).to(values) + weight  # (T,)
    moves = (vectors.T @ gradient.double())[:, None] / (values.clamp_min(0)[:, None] + dampings)
    tried = code - (vectors @ moves).T.to(code) @ directions  # (T, D)
    errors = (decode(tried).flatten(1) - target).square().sum(1)
    best, before = int(errors.argmin()), float(residual.square().sum())
    return (tried[best], float(errors[best])) if errors[best] < before else (code, before)


@cache
def _directions(size: int, number: int) -> Tensor:
    """Orthonormal rows (K, `size`), the same in every search."""
    if size <= DIRECTIONS:
        return torch.eye(size)
    drawn = torch.randn(size, DIRECTIONS, generator=torch.Generator().manual_seed(number))
    return torch.linalg.qr(drawn).Q.T.contiguous()
