"""Acceptance: which of a prior's codes to keep, learned by telling them from the data's.

A flow carries noise along paths that never tear, so some codes always come to rest between the
classes, where no picture's code lies and the decoder has learned nothing. A small network learns
the ratio of the two densities at a code, data over prior, and a code is kept with that
probability, if it is below one: a resampled prior (Bauer & Mnih 2019), its ratio learned as in
discriminator rejection sampling (Azadi et al. 2019).
"""

from __future__ import annotations

from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

WIDTH = 256
STEPS, LOOK_EVERY = 1000, 100
PATIENCE = 4  # looks without a gain: nothing more to learn
BATCH_SIZE = 256  # of either side
LEARNING_RATE, WEIGHT_DECAY = 1e-3, 0.05
HELD_OUT = 0.1  # of either side, to end where memorising begins
FEWEST_CODES = 1000  # fewer tell nothing about what lies between them
MOST_DRAWN = 10_000  # of the prior's codes: drawing them takes as long as learning


class Acceptance(nn.Module):
    """The chance that a standardised code of the prior is kept: codes (N, D) → (N,) in [0, 1].

    Before `fit` it is one everywhere.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.log_ratio = nn.Sequential(
            nn.Linear(dim, WIDTH),
            nn.SiLU(),
            nn.Linear(WIDTH, WIDTH),
            nn.SiLU(),
            nn.Dropout(0.2),
            nn.Linear(WIDTH, WIDTH),
            nn.SiLU(),
            nn.Linear(WIDTH, 1),
        )
        for value in self.log_ratio[-1].parameters():
            nn.init.zeros_(value)

    def forward(self, codes: Tensor) -> Tensor:
        return self.log_ratio(codes)[:, 0].exp().clamp_max(1)

    def fit(self, real: Tensor, drawn: Tensor, generator: torch.Generator) -> Self:
        """Learn from codes of pictures (N, D) and of the prior (M, D), both standardised."""
        (real, held_real), (drawn, held_drawn) = (
            _apart(codes, generator) for codes in (real, drawn)
        )
        optimiser = torch.optim.AdamW(
            self.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY, fused=True
        )
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
        least, best, since = self._loss(held_real, held_drawn), self._weights(), 0
        for _ in range(STEPS // LOOK_EVERY):
            self._learn(real, drawn, optimiser, schedule, generator)
            loss = self._loss(held_real, held_drawn)
            since += 1
            if loss < least:
                least, best, since = loss, self._weights(), 0
            elif since == PATIENCE:
                break
        self.load_state_dict(best)
        return self.eval()

    def _learn(
        self, real: Tensor, drawn: Tensor, optimiser, schedule, generator: torch.Generator
    ) -> None:
        """The steps from one look at the held-out codes to the next."""
        self.train()
        for _ in range(LOOK_EVERY):
            loss = self._objective(_some(real, generator), _some(drawn, generator))
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            schedule.step()

    def _objective(self, real: Tensor, drawn: Tensor) -> Tensor:
        """Cross-entropy of both sides: least where the network is the log of their ratio."""
        return F.softplus(-self.log_ratio(real)).mean() + F.softplus(self.log_ratio(drawn)).mean()

    @torch.no_grad()
    def _loss(self, real: Tensor, drawn: Tensor) -> float:
        self.eval()
        return float(self._objective(real, drawn))

    def _weights(self) -> dict[str, Tensor]:
        return {name: value.clone() for name, value in self.state_dict().items()}


def _apart(codes: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Those to learn from and those held out."""
    order = torch.randperm(len(codes), generator=generator)
    held = round(HELD_OUT * len(codes))
    return codes[order[held:]], codes[order[:held]]


def _some(codes: Tensor, generator: torch.Generator) -> Tensor:
    return codes[torch.randint(len(codes), (BATCH_SIZE,), generator=generator)]
