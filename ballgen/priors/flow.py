"""Latent flow: a small network that carries noise to the distribution of the codes.

Flow matching (Lipman et al. 2023; Liu et al. 2023, rectified flow): a velocity v(x, t, class) is
regressed on x₁ - x₀ along straight lines from noise x₀ to standardised codes x₁. Sampling follows
the velocity from t = 0 to t = 1. It knows the classes, and with the label left free, none.
"""

from __future__ import annotations

import math
from typing import ClassVar, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ballgen.priors.base import Prior, check_codes, draw_labels
from ballgen.training.precision import autocast

FREE_SHARE = 0.1  # of the training codes have their class hidden, so that sampling may do so too
FREQUENCIES = 16
EMA_DECAY = 0.999
STEPS = 12  # of a sample's way; what 200 change is small, see docs/experiments.md, 17
LEAST_STEPS, CODES_PER_STEP = 1000, 4  # few codes, seen too often, would be memorised


class VelocityField(nn.Module):
    """v(x, t, label): codes (N, D), times (N,), labels (N,) → velocities (N, D).

    An MLP of residual blocks; time and class enter each block as a shift, after a layer norm, out
    of `condition` numbers that all blocks share.
    """

    def __init__(self, dim: int, classes: int, width: int, blocks: int, condition: int) -> None:
        super().__init__()
        self.classes = classes
        self.inputs = nn.Linear(dim, width)
        self.time = nn.Linear(2 * FREQUENCIES, condition)
        self.label = nn.Embedding(classes + 1, condition)  # the last row is the free class
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(blocks))
        self.conditions = nn.ModuleList(nn.Linear(condition, width) for _ in range(blocks))
        self.first = nn.ModuleList(nn.Linear(width, width) for _ in range(blocks))
        self.second = nn.ModuleList(nn.Linear(width, width) for _ in range(blocks))
        self.outputs = nn.Linear(width, dim)
        for layer in (*self.second, self.outputs):  # starts as the zero field
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor, time: Tensor, labels: Tensor) -> Tensor:
        return self.velocity(x, self.shifts(time, labels))

    def shifts(self, time: Tensor, labels: Tensor) -> list[Tensor]:
        """How time and class move each block: one (N, width) per block."""
        frequencies = torch.arange(1, FREQUENCIES + 1, device=time.device) * math.pi
        angles = time[:, None] * frequencies  # (N, FREQUENCIES)
        condition = F.silu(self.time(torch.cat([angles.sin(), angles.cos()], 1)))
        condition = condition + self.label(labels)
        return [shift(condition) for shift in self.conditions]

    def velocity(self, x: Tensor, shifts: list[Tensor]) -> Tensor:
        """What `forward` gives, with the shifts at hand."""
        h = self.inputs(x)
        for norm, shift, first, second in zip(
            self.norms, shifts, self.first, self.second, strict=True
        ):
            h = h + second(F.silu(first(F.silu(norm(h) + shift))))
        return self.outputs(F.silu(h))


class LatentFlow(Prior):
    """Flow matching on standardised codes, conditional on the class.

    condition          numbers that time and class come to, for all blocks
    steps, batch_size  at most; fewer where there are few codes
    """

    name: ClassVar[str] = "flow"

    def __init__(
        self,
        width: int = 384,
        blocks: int = 3,
        steps: int = 2400,
        batch_size: int = 512,
        learning_rate: float = 3e-3,
        seed: int = 0,
        precision: str = "fp32",
        condition: int = 64,
    ) -> None:
        self.width = width
        self.blocks = blocks
        self.condition = condition
        self.steps = steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.seed = seed
        self.precision = precision

    def fit(self, codes: Tensor, labels: Tensor) -> Self:
        codes, labels = check_codes(codes, labels)
        self.centre_ = codes.mean(0).float()
        self.scale_ = codes.std(0).clamp_min(1e-6).float()
        counts = torch.bincount(labels)
        self.shares_ = counts.float() / counts.sum()
        standard = self._standardised(codes.float())
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            field = VelocityField(
                codes.shape[1], len(counts), self.width, self.blocks, self.condition
            )
        self._set_field(self._train(field, standard, labels))
        return self

    def _train(self, field: VelocityField, codes: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Regress the velocity; gives the running mean of the weights."""
        generator = torch.Generator().manual_seed(self.seed)
        optimiser = torch.optim.AdamW(field.parameters(), lr=self.learning_rate, fused=True)
        steps = min(self.steps, LEAST_STEPS + len(codes) // CODES_PER_STEP)
        batch_size = min(self.batch_size, len(codes))
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
        average = {k: v.detach().clone() for k, v in field.state_dict().items()}
        for step in range(steps):
            rows = torch.randint(len(codes), (batch_size,), generator=generator)
            x1, label = codes[rows], labels[rows].clone()
            x0 = torch.randn(x1.shape, generator=generator)
            # Logit-normal times: the middle of the way is the hard part (Esser et al. 2024).
            time = torch.randn(len(x1), generator=generator).sigmoid()
            free = torch.rand(len(x1), generator=generator) < FREE_SHARE
            label[free] = field.classes
            x = torch.lerp(x0, x1, time[:, None])
            # Entered anew in each step: autocast keeps its casts of the weights until it is left.
            with autocast(x.device, self.precision):
                loss = F.mse_loss(field(x, time, label), x1 - x0)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            schedule.step()
            decay = min(EMA_DECAY, (1 + step) / (10 + step))
            torch._foreach_lerp_(
                list(average.values()), list(field.state_dict().values()), 1 - decay
            )
        return average

    def sample(
        self,
        count: int,
        generator: torch.Generator,
        temperature: float = 1.0,
        labels: Tensor | None = None,
        steps: int = STEPS,
    ) -> Tensor:
        """Codes (count, D); labels None draws classes as often as seen, -1 leaves them free."""
        noise, labels = self._draw(count, generator, labels)
        return self._carry(noise * temperature, labels, steps)

    def sample_at(
        self, temperatures: list[float], count: int, generator: torch.Generator
    ) -> Tensor:
        """All on their way together: as many evaluations as for one temperature."""
        noise, labels = self._draw(count, generator)
        noise = torch.cat([noise * temperature for temperature in temperatures])
        codes = self._carry(noise, labels.repeat(len(temperatures)))
        return codes.unflatten(0, (len(temperatures), count))

    def _draw(
        self, count: int, generator: torch.Generator, labels: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Noise (count, D) and labels (count,), in which len(shares_) stands for the free class."""
        if labels is None:
            labels = draw_labels(self.shares_, count, generator)
        labels = torch.where(labels < 0, len(self.shares_), labels)
        noise = torch.randn(count, len(self.centre_), generator=generator)
        return noise, labels

    def _standardised(self, codes: Tensor) -> Tensor:
        return (codes - self.centre_) / self.scale_

    def _carry(self, x: Tensor, labels: Tensor, steps: int = STEPS) -> Tensor:
        """Codes (N, D) that the flow makes of noise (N, D) of these labels (N,)."""
        kinds = len(self.shares_) + 1  # of labels, the free class included
        # The midpoint method: second order, and half of Heun's error for the same two evaluations.
        # All codes share its times, so what time and class add is computed once for all steps.
        times = torch.arange(2 * steps) / (2 * steps)
        with torch.inference_mode():
            table = [
                shift.unflatten(0, (2 * steps, kinds))
                for shift in self._field.shifts(
                    times.repeat_interleave(kinds), torch.arange(kinds).repeat(2 * steps)
                )
            ]

            def velocity(x: Tensor, half: int) -> Tensor:
                return self._field.velocity(x, [shift[half][labels] for shift in table])

            for half in range(0, 2 * steps, 2):
                middle = x + velocity(x, half) / (2 * steps)
                x = x + velocity(middle, half + 1) / steps
        return (x * self.scale_ + self.centre_).clone()

    def restore(self, state: dict[str, Tensor]) -> Self:
        own = {name: value for name, value in state.items() if "." not in name}
        super().restore(own)
        self._set_field(_part(state, "field"))
        return self

    def state(self) -> dict[str, Tensor]:
        return super().state() | {
            f"field.{name}": value for name, value in self._field.state_dict().items()
        }

    def _set_field(self, weights: dict[str, Tensor]) -> None:
        width, dim = weights["inputs.weight"].shape
        blocks = sum(name.startswith("first.") for name in weights) // 2
        labels, condition = weights["label.weight"].shape  # older flows have more numbers there
        self._field = VelocityField(dim, labels - 1, width, blocks, condition)
        self._field.load_state_dict(weights)
        self._field.eval()


def _part(state: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    """The weights of one of the networks in a flow's state."""
    return {k.removeprefix(f"{name}."): v for k, v in state.items() if k.startswith(f"{name}.")}
