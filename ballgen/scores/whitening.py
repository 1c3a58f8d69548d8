"""Brings all directions of a feature space to one scale.

What a network's features mostly spell out is what its pictures mostly differ in, here the class.
Left so, the chance differences between two draws of classes drown whatever blur or raggedness
does. After whitening a difference counts by how unusual it is: on drawn balls, KID then sets
damaged pictures ten to a hundred times further above the real-vs-real baseline, in units of its
sd, and a missing class about as far as before.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

SHRINKAGE = 0.1  # of the mean variance: directions of next to none are not blown up


class Whitening(nn.Module):
    """features (N, D) → (N, D), uncorrelated and of variance up to 1 on what it was fitted to.

    (x - μ) (Σ + s·tr Σ/D · I)^-½, the symmetric root, which has no arbitrary signs. The identity
    until `fit`.
    """

    def __init__(self, dimensions: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(dimensions))
        self.register_buffer("matrix", torch.eye(dimensions))

    def fit(self, features: Tensor) -> Whitening:
        """Take mean and covariance from features (N, D)."""
        covariance = torch.cov(features.double().T)
        values, vectors = torch.linalg.eigh(covariance)
        values = values.clamp(min=0) + SHRINKAGE * values.mean()
        self.mean = features.double().mean(0).float()
        self.matrix = (vectors * values.rsqrt() @ vectors.T).float()
        return self

    def forward(self, features: Tensor) -> Tensor:
        return (features - self.mean) @ self.matrix
