"""The one protocol of all priors: `fit(codes, labels) -> self`, `sample(count, generator)`, and
`sample_at(temperatures, …)` for one draw at several of them.

What a prior learned stands in attributes with a trailing underscore, as in scikit-learn; all of
them are tensors, so that a prior is saved as `state()` and comes back with `restore(state)`.
"""

from __future__ import annotations

from typing import ClassVar, Self

import torch
from torch import Tensor

from ballgen.errors import InputError


class Prior:
    """A distribution of codes that random samples are drawn from."""

    name: ClassVar[str]
    least: ClassVar[int] = 2  # codes that it can be fitted to

    def fit(self, codes: Tensor, labels: Tensor) -> Self:
        """Learn from codes float (N, D) and their labels int64 (N,). Raises `InputError`."""
        raise NotImplementedError

    def sample(self, count: int, generator: torch.Generator, temperature: float = 1.0) -> Tensor:
        """Codes float32 (count, D); temperature scales the spread around the centre."""
        raise NotImplementedError

    def sample_at(
        self, temperatures: list[float], count: int, generator: torch.Generator
    ) -> Tensor:
        """Codes float32 (T, count, D): the same draw at each temperature."""
        begin = generator.get_state()

        def draw(temperature: float) -> Tensor:
            generator.set_state(begin)
            return self.sample(count, generator, temperature)

        return torch.stack([draw(temperature) for temperature in temperatures])

    def state(self) -> dict[str, Tensor]:
        """Everything learned, as tensors."""
        return {k: v for k, v in vars(self).items() if k.endswith("_")}

    def restore(self, state: dict[str, Tensor]) -> Self:
        """Take back what `state` gave."""
        for name, tensor in state.items():
            setattr(self, name, tensor)
        return self


def check_codes(codes: Tensor, labels: Tensor, least: int = 2) -> tuple[Tensor, Tensor]:
    """Codes as float64 (N, D) with their labels (N,); too few or broken ones raise `InputError`."""
    if codes.ndim != 2 or len(codes) != len(labels):
        raise InputError(
            f"codes (N, D) and labels (N,) must agree, got {tuple(codes.shape)} "
            f"and {tuple(labels.shape)}"
        )
    if len(codes) < least:
        raise InputError(f"a prior needs at least {least} codes, got {len(codes)}: add pictures")
    if not torch.isfinite(codes).all():
        raise InputError("codes hold infinite or undefined numbers: the model did not train well")
    return codes.double(), labels


def draw_labels(shares: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """int64 (count,): labels drawn with the given shares."""
    return torch.multinomial(shares.double(), count, replacement=True, generator=generator)
