"""Gaussian priors: the one the reports asked with, and the simplest that asks the data."""

from __future__ import annotations

from typing import ClassVar, Self

import torch
import torch.nn.functional as F
from torch import Tensor

from ballgen.priors.base import Prior, check_codes, draw_labels

JITTER = 1e-6  # of the mean variance, on the diagonal: a dead dimension must not stop a Cholesky


class StandardNormal(Prior):
    """N(0, I), whatever the data: the reports' prior.

    A conditional GAN's code ends in one number per class: `class_shares` says how often each
    class is drawn for that one-hot part.
    """

    name: ClassVar[str] = "normal"

    def __init__(self, noise_dim: int, class_shares: list[float] | None = None) -> None:
        self.noise_dim = noise_dim
        self.class_shares = class_shares or []

    def fit(self, codes: Tensor, labels: Tensor) -> Self:
        return self

    def sample(self, count: int, generator: torch.Generator, temperature: float = 1.0) -> Tensor:
        noise = torch.randn(count, self.noise_dim, generator=generator) * temperature
        if not self.class_shares:
            return noise
        labels = draw_labels(torch.tensor(self.class_shares), count, generator)
        return torch.cat([noise, F.one_hot(labels, len(self.class_shares)).float()], dim=1)


class Gaussian(Prior):
    """One Gaussian with the codes' mean and full covariance."""

    name: ClassVar[str] = "gaussian"

    def fit(self, codes: Tensor, labels: Tensor) -> Self:
        codes, _ = check_codes(codes, labels)
        self.mean_, self.spread_ = mean_and_spread(codes)
        return self

    def sample(self, count: int, generator: torch.Generator, temperature: float = 1.0) -> Tensor:
        noise = torch.randn(count, len(self.mean_), generator=generator)
        return self.mean_ + temperature * noise @ self.spread_.T


class ClassGaussian(Prior):
    """One Gaussian per class, each drawn as often as the class was seen.

    A class with fewer codes than numbers in a code borrows the covariance of all classes.
    """

    name: ClassVar[str] = "class-gaussian"

    def fit(self, codes: Tensor, labels: Tensor) -> Self:
        codes, labels = check_codes(codes, labels)
        counts = torch.bincount(labels)
        centred = codes.clone()
        for label in counts.nonzero()[:, 0]:
            centred[labels == label] -= codes[labels == label].mean(0)
        _, shared = mean_and_spread(centred)
        means, spreads = [], []
        for label, count in enumerate(counts):
            members = codes[labels == label]
            if count > codes.shape[1]:
                mean, spread = mean_and_spread(members)
            else:
                mean, spread = (members if count else codes).mean(0).float(), shared
            means.append(mean)
            spreads.append(spread)
        self.shares_ = counts.float() / counts.sum()
        self.means_, self.spreads_ = torch.stack(means), torch.stack(spreads)
        return self

    def sample(self, count: int, generator: torch.Generator, temperature: float = 1.0) -> Tensor:
        labels = draw_labels(self.shares_, count, generator)
        noise = torch.randn(count, self.means_.shape[1], generator=generator)
        moved = torch.einsum("nij,nj->ni", self.spreads_[labels], noise)
        return self.means_[labels] + temperature * moved


def mean_and_spread(codes: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (D,) and Cholesky factor (D, D) of the covariance of codes float64 (N, D)."""
    covariance = torch.atleast_2d(torch.cov(codes.T))
    scale = covariance.diagonal().mean().clamp_min(1e-12)
    eye = torch.eye(len(covariance), dtype=codes.dtype)
    spread = torch.linalg.cholesky(covariance + JITTER * scale * eye)
    # Contiguous: another layout would give other last bits once it was saved and loaded.
    return codes.mean(0).float(), spread.float().contiguous()
