"""The variational autoencoder: codes as distributions (Kingma & Welling 2014)."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from ballgen import losses
from ballgen.models.autoencoder import RECONSTRUCTION, build_decoder, build_encoder
from ballgen.models.base import Batch, ImageShape, Model
from ballgen.recipes import Recipe


class VariationalAutoencoder(Model):
    """The encoder gives a mean and a log variance per number of the code.

    Minimises reconstruction + kl_weight · KL(posterior ‖ N(0, I)), both in nats per image for
    `bce` and `sigma`; with kl_weight 1 that is the negative evidence lower bound.
    """

    family: ClassVar[str] = "vae"

    def __init__(self, recipe: Recipe, image_shape: ImageShape, *args) -> None:
        super().__init__(recipe, image_shape, *args)
        self.encoder = build_encoder(recipe, image_shape, 2 * recipe.latent_dim)
        self.decoder = build_decoder(recipe, image_shape)

    def players(self) -> dict[str, list[nn.Module]]:
        return {"autoencoder": [self.encoder, self.decoder]}

    def posterior(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance, each (N, D), of the codes of images (N, C, H, W)."""
        mean, log_variance = self.encoder(images).chunk(2, dim=1)
        return mean, log_variance

    def objective(self, player: str, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        mean, log_variance = self.posterior(batch.images)
        noise = batch.normal(*mean.shape)
        rebuilt = self.decoder(mean + noise * (0.5 * log_variance).exp())
        reconstruction = RECONSTRUCTION[self.recipe.reconstruction](rebuilt, batch.images)
        kl = losses.kl_to_standard_normal(mean, log_variance)
        loss = reconstruction + self.recipe.kl_weight * kl
        terms = {
            "mse": losses.mse(rebuilt, batch.images),
            self.recipe.reconstruction: reconstruction,
            "kl": kl,
        }
        return loss, terms

    @torch.inference_mode()
    def to_codes(self, images: Tensor) -> Tensor:
        return self.posterior(images)[0]

    def to_images(self, codes: Tensor) -> Tensor:
        return self.decoder(codes)
