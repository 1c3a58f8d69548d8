"""Optimizers: Adam, or Muon. The learning rate is set in each step: see `schedule.py`."""

from collections.abc import Iterable
from math import sqrt
from typing import Any

import torch
from torch import Tensor, nn

from ballgen.recipes import Optimizer

# Of the odd polynomial a·x + b·x³ + c·x⁵, which sends any singular value in (0, 1] near 1 within
# a few rounds (Jordan et al. 2024).
ROUNDS, A, B, C = 5, 3.4445, -4.7750, 2.0315
MOMENTUM = 0.95
ADAMS_LENGTH = 0.2  # the usual root mean square of Adam's step, per unit of step size


def build_optimizer(settings: Optimizer, parameters: Iterable[nn.Parameter]) -> torch.optim.Adam:
    """Adam or Muon with these settings."""
    return (Muon if settings.name == "muon" else torch.optim.Adam)(
        parameters,
        lr=settings.learning_rate,
        betas=(settings.beta1, settings.beta2),
        fused=True,  # a CPU's default is a slow loop over the parameters
    )


class Muon(torch.optim.Adam):
    """Adam, but weights that are matrices take steps that turn every direction alike.

    The step of a matrix is its gradient's running mean made orthogonal: all singular values become
    about 1, so that directions in which the gradient is small are learned as fast as the others
    (Jordan et al. 2024). It is as long as a step of Adam usually is, so that one step size serves
    both (Liu et al. 2025). A convolution's kernel is a matrix of its first side by all others.
    """

    def __setstate__(self, state: dict[str, Any]) -> None:
        torch.optim.Optimizer.__setstate__(self, state)  # Adam's wants a step count of matrices too

    @torch.no_grad()
    def step(self) -> None:
        matrices = [
            (parameter, parameter.grad, group["lr"])
            for group in self.param_groups
            for parameter in group["params"]
            if parameter.ndim >= 2 and parameter.grad is not None
        ]
        for parameter, gradient, rate in matrices:
            self._step_of_a_matrix(parameter, gradient, rate)
            parameter.grad = None  # so that Adam passes it by
        super().step()
        for parameter, gradient, _ in matrices:
            parameter.grad = gradient

    def _step_of_a_matrix(self, parameter: nn.Parameter, gradient: Tensor, rate: float) -> None:
        state = self.state[parameter]
        if not state:
            state["momentum"] = torch.zeros_like(parameter)
        mean = state["momentum"].lerp_(gradient, 1 - MOMENTUM)
        ahead = gradient.lerp(mean, MOMENTUM).flatten(1)  # Nesterov's look ahead
        step = orthogonal(ahead).view(parameter.shape)
        length = ADAMS_LENGTH * sqrt(max(ahead.shape))
        parameter.add_(step, alpha=-rate * length)


def orthogonal(matrix: Tensor) -> Tensor:
    """The matrix (rows, columns) with its singular values moved to about 1: to 0.7 … 1.2.

    By Newton-Schulz iteration, so by products alone. What each round multiplies the matrix W by is
    a polynomial of W Wᵀ, so the rounds are taken on that small square matrix, and W is multiplied
    once, by all of them. In float32: in half precision the small singular values would explode.
    """
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    wide = wide / wide.norm().clamp_min(1e-7)
    square = wide @ wide.T
    factors: list[Tensor] = []
    for _ in range(ROUNDS):
        if factors:
            square = factors[-1] @ square @ factors[-1]
        factors.append(torch.addmm(square, square, square, beta=B, alpha=C))
        factors[-1].diagonal().add_(A)
    wide = torch.linalg.multi_dot([*factors, wide])
    return wide if matrix.shape[0] <= matrix.shape[1] else wide.T
