"""Latent flow: a small network that turns noise into codes by an ordinary differential equation.

Flow matching (Lipman et al. 2023; Liu et al. 2023, rectified flow): a velocity v(x, t, class) is
regressed on x₁ - x₀ along straight lines from noise x₀ to standardised codes x₁. To sample, the
equation dx/dt = v(x, t, class) is integrated from noise at t = 0 to a code at t = 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from time import perf_counter
from typing import ClassVar, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from ballgen.priors.base import Prior, check_codes, draw_labels
from ballgen.util.progress import OnProgress, unwatched

FREQUENCIES = 16
EMA_DECAY = 0.999
ODE_STEPS = 12  # what 200 change is small: docs/experiments.md, 17
MIN_STEPS, CODES_PER_STEP = 1000, 4  # few codes, seen too often, would be memorised


class Block(nn.Module):
    """A residual block; time and class shift its input, after the layer norm."""

    def __init__(self, width: int, condition: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.shift = nn.Linear(condition, width)
        self.first = nn.Linear(width, width)
        self.second = nn.Linear(width, width)
        nn.init.zeros_(self.second.weight)  # the block starts as the identity
        nn.init.zeros_(self.second.bias)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        h = F.silu(self.norm(x) + self.shift(condition))
        return x + self.second(F.silu(self.first(h)))


class VelocityField(nn.Module):
    """The velocity v(x, t, class): codes (N, D), times (N,), labels (N,) → (N, D).

    condition  numbers that stand for time and class, shared by all blocks
    """

    def __init__(self, dim: int, classes: int, width: int, blocks: int, condition: int) -> None:
        super().__init__()
        self.time = nn.Linear(2 * FREQUENCIES, condition)
        self.label = nn.Embedding(classes, condition)
        self.input = nn.Linear(dim, width)
        self.blocks = nn.ModuleList(Block(width, condition) for _ in range(blocks))
        self.output = nn.Linear(width, dim)
        nn.init.zeros_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    def forward(self, x: Tensor, time: Tensor, labels: Tensor) -> Tensor:
        frequencies = math.pi * torch.arange(1, FREQUENCIES + 1, device=time.device)
        angles = time[:, None] * frequencies  # (N, FREQUENCIES)
        waves = torch.cat([angles.sin(), angles.cos()], 1)
        condition = F.silu(self.time(waves)) + self.label(labels)  # (N, condition)
        h = self.input(x)  # (N, width)
        for block in self.blocks:
            h = block(h, condition)
        return self.output(F.silu(h))


class LatentFlow(Prior):
    """Flow matching on standardised codes, conditional on the class.

    condition          numbers that stand for time and class
    steps, batch_size  of training; fewer where there are few codes
    precision          of training: "fp32" or "bf16"
    max_seconds        of training: its schedule ends in that time, with fewer steps if need be
    on_progress        is told what share of it is done
    """

    name: ClassVar[str] = "flow"
    learned: ClassVar[tuple[str, ...]] = ("mean", "std", "class_shares")

    def __init__(
        self,
        width: int = 384,
        blocks: int = 3,
        condition: int = 64,
        steps: int = 2400,
        batch_size: int = 512,
        learning_rate: float = 3e-3,
        seed: int = 0,
        precision: str = "fp32",
        max_seconds: float = math.inf,
        on_progress: OnProgress = unwatched,
    ) -> None:
        super().__init__()
        self.network = (width, blocks, condition)
        self.steps = steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.seed = seed
        self.precision = precision
        self.max_seconds = max_seconds
        self.on_progress = on_progress

    def fit(self, codes: Tensor, labels: Tensor) -> Self:
        codes, labels = check_codes(codes, labels)
        self.mean = codes.mean(0).float()
        self.std = codes.std(0).clamp_min(1e-6).float()
        counts = torch.bincount(labels)
        self.class_shares = counts.float() / counts.sum()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            field = VelocityField(codes.shape[1], len(counts), *self.network)
        self.field = self._train(field, (codes.float() - self.mean) / self.std, labels)
        return self.eval()

    def _train(self, field: VelocityField, codes: Tensor, labels: Tensor) -> VelocityField:
        """Regress the velocity; returns the moving average of the weights."""
        generator = torch.Generator().manual_seed(self.seed)
        steps = min(self.steps, MIN_STEPS + len(codes) // CODES_PER_STEP)
        batch_size = min(self.batch_size, len(codes))
        optimizer = torch.optim.AdamW(field.parameters(), lr=self.learning_rate, fused=True)
        ema = AveragedModel(field, multi_avg_fn=_update_ema)
        started = perf_counter()
        for step in range(steps):
            progress = max(step / steps, (perf_counter() - started) / self.max_seconds)
            if progress >= 1:
                break
            self.on_progress(progress)
            cosine = 0.5 * (1 + math.cos(math.pi * progress))
            optimizer.param_groups[0]["lr"] = self.learning_rate * cosine
            rows = torch.randint(len(codes), (batch_size,), generator=generator)
            x1 = codes[rows]
            x0 = torch.randn(x1.shape, generator=generator)
            # Logit-normal times: the middle of the way is the hard part (Esser et al. 2024).
            time = torch.randn(batch_size, generator=generator).sigmoid()
            x = torch.lerp(x0, x1, time[:, None])
            # Entered anew in each step: autocast keeps its casts of the weights until it is left.
            with torch.autocast("cpu", torch.bfloat16, enabled=self.precision == "bf16"):
                loss = F.mse_loss(field(x, time, labels[rows]), x1 - x0)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            ema.update_parameters(field)
        return ema.module

    @torch.no_grad()
    def sample(
        self,
        count: int,
        generator: torch.Generator,
        temperature: float = 1.0,
        labels: Tensor | None = None,
    ) -> Tensor:
        """Draw codes float32 (count, D); the temperature scales the noise that they begin as.

        labels  int64 (count,): the class of each; None draws classes as often as they were seen
        """
        if labels is None:
            labels = draw_labels(self.class_shares, count, generator)
        noise = temperature * torch.randn(count, len(self.mean), generator=generator)
        codes = integrate(lambda x, time: self.field(x, time.expand(count), labels), noise)
        return codes * self.std + self.mean

    def _allocate(self, state: dict[str, Tensor]) -> None:
        super()._allocate(state)
        width, dim = state["field.input.weight"].shape
        classes, condition = state["field.label.weight"].shape
        blocks = sum(name.endswith("shift.weight") for name in state)
        self.field = VelocityField(dim, classes, width, blocks, condition)


def integrate(
    velocity: Callable[[Tensor, Tensor], Tensor], x: Tensor, steps: int = ODE_STEPS
) -> Tensor:
    """Integrate dx/dt = velocity(x, t) from t = 0 to 1 by the midpoint rule.

    The rule is of second order, and has half of Heun's error for the same two evaluations a step.
    """
    for time in torch.arange(steps) / steps:
        middle = x + velocity(x, time) / (2 * steps)
        x = x + velocity(middle, time + 1 / (2 * steps)) / steps
    return x


def _update_ema(averages: list[Tensor], values: list[Tensor], updates: Tensor) -> None:
    """Exponential moving average whose memory grows from a few steps to its full length."""
    decay = min(EMA_DECAY, (1 + int(updates)) / (10 + int(updates)))
    torch._foreach_lerp_(averages, values, 1 - decay)
