"""N(0, I), which every code is compared with, and one Gaussian that is fitted to the codes."""

from typing import ClassVar, Self

import torch
import torch.nn.functional as F
from torch import Tensor

from ballgen.priors.base import Prior, check_codes, draw_labels

JITTER = 1e-6  # of the mean variance, on the diagonal: a dead dimension must not stop a Cholesky


class StandardNormal(Prior):
    """N(0, I), whatever the codes.

    noise_dim     dimensions of the noise; `fit` finds it out
    class_shares  K shares; a conditional GAN's code ends in a one-hot class, drawn as often as
                  these say
    """

    name: ClassVar[str] = "normal"

    def __init__(self, noise_dim: int = 0, class_shares: list[float] | None = None) -> None:
        super().__init__()
        self.noise_dim = noise_dim
        self.class_shares = class_shares or []

    def fit(self, codes: Tensor, labels: Tensor) -> Self:
        codes, _ = check_codes(codes, labels)
        self.noise_dim = codes.shape[1] - len(self.class_shares)
        return self

    def draw(self, count: int, generator: torch.Generator, temperature: float) -> Tensor:
        noise = torch.randn(count, self.noise_dim, generator=generator) * temperature
        if not self.class_shares:
            return noise
        labels = draw_labels(torch.tensor(self.class_shares), count, generator)
        return torch.cat([noise, F.one_hot(labels, len(self.class_shares)).float()], dim=1)


class Gaussian(Prior):
    """One Gaussian with the codes' mean (D,) and full covariance (its Cholesky factor, (D, D))."""

    name: ClassVar[str] = "gaussian"
    learned: ClassVar[tuple[str, ...]] = ("mean", "scale_tril")

    def fit(self, codes: Tensor, labels: Tensor) -> Self:
        codes, _ = check_codes(codes, labels)
        self.mean, self.scale_tril = mean_and_scale_tril(codes)
        return self

    def draw(self, count: int, generator: torch.Generator, temperature: float) -> Tensor:
        noise = torch.randn(count, len(self.mean), generator=generator)
        return self.mean + temperature * noise @ self.scale_tril.mT


def mean_and_scale_tril(codes: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (D,) and Cholesky factor (D, D) of the covariance of codes float64 (N, D)."""
    covariance = torch.atleast_2d(torch.cov(codes.T))
    scale = covariance.diagonal().mean().clamp_min(1e-12)
    eye = torch.eye(len(covariance), dtype=codes.dtype)
    scale_tril = torch.linalg.cholesky(covariance + JITTER * scale * eye)
    # Contiguous: another layout would give other last bits once it was saved and loaded.
    return codes.mean(0).float(), scale_tril.float().contiguous()
