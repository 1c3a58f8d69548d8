"""Latent flow: a small network that moves draws of a mixture to where codes are, by an ordinary
differential equation.

Flow matching (Lipman et al. 2023; Liu et al. 2023, rectified flow): a velocity v(x, t, class) is
regressed on x₁ - x₀ along straight lines to standardised codes x₁. Here x₀ is no plain noise but a
draw of a Gaussian around the cluster of codes that x₁ belongs to: the ways are short, so that a
small network learns them in a third of the time, and two steps go along them. To sample, the
equation dx/dt = v(x, t, class) is integrated from such a draw at t = 0 to a code at t = 1.
"""

import math
from collections.abc import Callable
from time import perf_counter
from typing import ClassVar, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from ballgen.priors.base import Prior, check_codes, draw_labels
from ballgen.priors.mixture import GaussianMixture
from ballgen.util.progress import OnProgress, unwatched
from ballgen.util.threads import one_thread

FREQUENCIES = 16
EMA_DECAY = 0.999
ODE_STEPS = 2  # more change nothing that a score would see: docs/experiments.md, 39
FAR = 5  # root mean squares of all codes: a draw that ends farther out stays where it began
# Few codes, seen too often, would be memorised: of twice as many, four times the steps are of use.
MIN_STEPS, CODES = 600, 140


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
    """Flow matching from a mixture's draws to standardised codes, conditional on the class.

    steps, batch_size  of training; fewer where there are few codes
    precision          of training: "fp32" or "bf16"
    max_seconds        of training: its schedule ends in that time, with fewer steps if need be
    on_progress        is told what share of it is done

    shares (C, K) say how often each class is drawn from each component of the mixture.
    """

    name: ClassVar[str] = "flow"
    learned: ClassVar[tuple[str, ...]] = ("mean", "std", "shares")
    holds: ClassVar[tuple[str, ...]] = (GaussianMixture.name,)

    def __init__(
        self,
        width: int = 256,
        blocks: int = 2,
        condition: int = 64,
        steps: int = 1400,
        batch_size: int = 512,
        learning_rate: float = 5e-3,
        seed: int = 0,
        precision: str = "fp32",
        max_seconds: float = math.inf,
        on_progress: OnProgress = unwatched,
    ) -> None:
        """width, blocks and condition are those of the `VelocityField`."""
        super().__init__()
        self.mixture = GaussianMixture(seed)
        self.network = (width, blocks, condition)
        self.steps = steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.seed = seed
        self.precision = precision
        self.max_seconds = max_seconds
        self.on_progress = on_progress
        self.ode_steps = ODE_STEPS

    def fit(self, codes: Tensor, labels: Tensor) -> Self:
        codes, labels = check_codes(codes, labels)
        self.mean = codes.mean(0).float()
        self.std = codes.std(0).clamp_min(1e-6).float()
        with torch.random.fork_rng(devices=[]), one_thread():
            torch.manual_seed(self.seed)
            components = self.mixture.fit_clusters(codes)
            classes, count = int(labels.max()) + 1, len(self.mixture.weights)
            pairs = torch.bincount(labels * count + components, minlength=classes * count)
            self.shares = pairs.view(classes, count) / len(codes)
            field = VelocityField(codes.shape[1], classes, *self.network)
            standard = (codes.float() - self.mean) / self.std
            self.field = self._train(field, standard, labels, components)
        return self.eval()

    def _draw_starts(self, components: Tensor, noise: Tensor) -> Tensor:
        """Standardised draws (N, D) of a component each, from noise (N, D)."""
        means, scale_trils = self.mixture.means, self.mixture.scale_trils
        order = components.argsort()
        drawn, sizes = components[order].unique_consecutive(return_counts=True)
        parts = zip(noise[order].split(sizes.tolist()), scale_trils[drawn], strict=True)
        starts = torch.empty_like(noise)
        starts[order] = torch.cat([part @ scale_tril.T for part, scale_tril in parts])
        return (means[components] + starts - self.mean) / self.std

    def _train(
        self, field: VelocityField, codes: Tensor, labels: Tensor, components: Tensor
    ) -> VelocityField:
        """Regress the velocity; returns the moving average of the weights."""
        generator = torch.Generator().manual_seed(self.seed)
        steps = min(self.steps, MIN_STEPS + (len(codes) // CODES) ** 2)
        batch_size = min(self.batch_size, len(codes))
        optimizer = torch.optim.AdamW(field.parameters(), lr=self.learning_rate, fused=True)
        ema = AveragedModel(field, multi_avg_fn=_update_ema)
        started, per_epoch = perf_counter(), -(-len(codes) // batch_size)  # steps
        for step in range(steps):
            progress = max(step / steps, (perf_counter() - started) / self.max_seconds)
            if progress >= 1:
                break
            self.on_progress(progress)
            cosine = 0.5 * (1 + math.cos(math.pi * progress))
            optimizer.param_groups[0]["lr"] = self.learning_rate * cosine
            if step % per_epoch == 0:  # for all codes at once: a fifth of the time otherwise
                noise = torch.randn(codes.shape, generator=generator)
                starts = self._draw_starts(components, noise)
            rows = torch.randint(len(codes), (batch_size,), generator=generator)
            x0, x1 = starts[rows], codes[rows]
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
    def draw(self, count: int, generator: torch.Generator, temperature: float) -> Tensor:
        """Draw codes float32 (count, D); the temperature scales the noise that they begin as."""
        pairs = draw_labels(self.shares.flatten(), count, generator)
        labels, components = pairs // self.shares.shape[1], pairs % self.shares.shape[1]
        noise = temperature * torch.randn(count, len(self.mean), generator=generator)
        starts = self._draw_starts(components, noise)
        codes = integrate(
            lambda x, time: self.field(x, time.expand(count), labels), starts, self.ode_steps
        )
        # Of 20,000 draws one may be thrown far out, where the field was never trained.
        arrived = codes.norm(dim=1) < FAR * max(1.0, temperature) * math.sqrt(len(self.mean))
        return torch.where(arrived[:, None], codes, starts) * self.std + self.mean

    def _allocate(self, state: dict[str, Tensor]) -> None:
        super()._allocate(state)
        self.mixture._allocate({name: state[f"mixture.{name}"] for name in GaussianMixture.learned})
        width, dim = state["field.input.weight"].shape
        classes, condition = state["field.label.weight"].shape
        blocks = sum(name.endswith("shift.weight") for name in state)
        self.field = VelocityField(dim, classes, width, blocks, condition)


def integrate(velocity: Callable[[Tensor, Tensor], Tensor], x: Tensor, steps: int) -> Tensor:
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
