"""The variational autoencoder: codes as distributions (Kingma & Welling 2014)."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from ballgen.models import losses
from ballgen.models.autoencoder import Autoencoder
from ballgen.models.base import Batch


class VariationalAutoencoder(Autoencoder):
    """An autoencoder whose encoder gives a mean and a log variance per number of the code.

    Minimises reconstruction + kl_weight · KL(posterior ‖ N(0, I)), both in nats per image for
    `bce` and `sigma`; with kl_weight 1 that is the negative evidence lower bound.
    """

    family: ClassVar[str] = "vae"
    numbers_per_dimension: ClassVar[int] = 2

    def posterior(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance, each (N, D), of the codes of images (N, C, H, W)."""
        mean, log_variance = self.encoder(images).chunk(2, dim=1)
        return mean, log_variance

    def draw_codes(self, batch: Batch) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        mean, log_variance = self.posterior(batch.images)
        codes = _drawn(mean, log_variance, batch.normal(*mean.shape))
        kl = losses.kl_to_standard_normal(mean, log_variance)
        return codes, self.recipe.kl_weight * kl, {"kl": kl}

    @torch.inference_mode()
    def training_codes(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """One draw from the posterior of each image."""

        def draw(part: Tensor) -> Tensor:
            mean, log_variance = self.posterior(part)
            noise = torch.randn(mean.shape, generator=generator).to(mean)
            return _drawn(mean, log_variance, noise)

        return self._in_chunks(draw, self.check_images(images), (self.latent_dim,))

    @torch.inference_mode()
    def to_codes(self, images: Tensor) -> Tensor:
        return self.posterior(images)[0]


def _drawn(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    """The reparameterisation: N(0, I) noise as draws from a posterior, all (N, D)."""
    return mean + noise * (0.5 * log_variance).exp()
