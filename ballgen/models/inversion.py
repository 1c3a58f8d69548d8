"""Inversion: the code of an image, for a decoder without an encoder that is exact."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

STEPS = 100
LEARNING_RATE = 0.05
PRIOR_WEIGHT = 1e-4  # per squared unit of code: keeps a code that explains nothing from running off


@torch.inference_mode(False)
@torch.enable_grad()
def invert(
    decode: Callable[[Tensor], Tensor], start: Tensor, images: Tensor, steps: int = STEPS
) -> Tensor:
    """Codes (N, D) near `start` whose decoded images come closest to images (N, C, H, W).

    Adam on the mean squared error of each image for itself, so that the answer does not depend
    on which images share a batch; the best code met on the way is returned, so the result is
    never further off than `start` (Zhu et al. 2016, generative visual manipulation).
    """
    codes = start.detach().clone().requires_grad_()
    images = images.detach().clone()
    best, best_error = codes.detach().clone(), torch.full((len(codes),), torch.inf)
    best_error = best_error.to(codes.device)
    optimiser = torch.optim.Adam([codes], lr=LEARNING_RATE)
    for step in range(steps + 1):
        error = (decode(codes) - images).square().mean((1, 2, 3))  # (N,)
        better = error.detach() < best_error
        best[better], best_error[better] = codes.detach()[better], error.detach()[better]
        if step == steps:
            break
        # Summed, not averaged: each code has its own problem.
        total = error.sum() + PRIOR_WEIGHT * codes.square().sum() / codes.shape[1]
        (codes.grad,) = torch.autograd.grad(total, codes)
        optimiser.step()
    return best
