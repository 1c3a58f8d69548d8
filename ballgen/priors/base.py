"""A prior is a distribution of latent codes that random samples are drawn from.

Every prior is an `nn.Module`: `fit(codes, labels)` learns it, `sample(count, generator)` draws
from it by its `draw`, and `state_dict()` holds all that it learned.
"""

from typing import ClassVar, Self

import torch
from torch import Tensor, nn

from ballgen.errors import InputError

BLOCK = 64  # codes that are drawn at once
MIN_CODES = 2  # to fit a prior to


class Prior(nn.Module):
    """A distribution of latent codes of D dimensions.

    name     as in recipes and on the command line
    learned  names of the buffers that `fit` sets
    holds    names of priors that it holds as modules, which a checkpoint need not store twice
    """

    name: ClassVar[str]
    learned: ClassVar[tuple[str, ...]] = ()
    holds: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        super().__init__()
        for name in self.learned:
            self.register_buffer(name, None)

    @classmethod
    def from_state_dict(cls, state: dict[str, Tensor]) -> Self:
        """Rebuild a fitted prior, in float32, from its `state_dict()`.

        Raises `KeyError` or `RuntimeError` if the state is not one of such a prior.
        """
        prior = cls()
        prior._allocate(state)
        prior.load_state_dict(state)
        return prior.eval()

    def _allocate(self, state: dict[str, Tensor]) -> None:
        """Make room for what was learned: only a state knows its shapes."""
        for name in self.learned:
            setattr(self, name, torch.empty(state[name].shape))

    def fit(self, codes: Tensor, labels: Tensor) -> Self:
        """Learn from codes float (N, D) and their labels int64 (N,).

        Raises `InputError` if there are too few codes, or codes that are not finite.
        """
        raise NotImplementedError

    def sample(self, count: int, generator: torch.Generator, temperature: float = 1.0) -> Tensor:
        """Draw codes float32 (count, D); the temperature scales their spread about the mean.

        They come in blocks of one size, so that the first ones are the same however many follow.
        """
        block = self.draw(BLOCK, generator, temperature)
        codes = block.new_empty(count, block.shape[1])  # at first: too many fail before they begin
        for start in range(0, count, BLOCK):
            if start:
                block = self.draw(BLOCK, generator, temperature)
            codes[start : start + BLOCK] = block[: count - start]
        return codes

    def draw(self, count: int, generator: torch.Generator, temperature: float) -> Tensor:
        """Draw one block of codes float32 (count, D), as `sample` says."""
        raise NotImplementedError

    def sample_at(
        self, temperatures: list[float], count: int, generator: torch.Generator
    ) -> Tensor:
        """Make the same draw at each of T temperatures: codes float32 (T, count, D)."""
        begin = generator.get_state()

        def draw(temperature: float) -> Tensor:
            generator.set_state(begin)
            return self.sample(count, generator, temperature)

        return torch.stack([draw(temperature) for temperature in temperatures])


def check_codes(codes: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Codes as float64 (N, D) with their labels (N,).

    Raises `InputError` if their shapes disagree, if there are fewer than `MIN_CODES`, or if a code
    is not finite.
    """
    if codes.ndim != 2 or len(codes) != len(labels):
        raise InputError(
            f"codes (N, D) and labels (N,) must agree, got {tuple(codes.shape)} "
            f"and {tuple(labels.shape)}"
        )
    if len(codes) < MIN_CODES:
        raise InputError(f"a prior needs at least {MIN_CODES} codes, got {len(codes)}: add images")
    if not torch.isfinite(codes).all():
        raise InputError("codes hold infinite or undefined numbers: the model did not train well")
    return codes.double(), labels


def draw_labels(shares: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Draw labels int64 (count,), each as often as its share (K,) says."""
    return torch.multinomial(shares.double(), count, replacement=True, generator=generator)
