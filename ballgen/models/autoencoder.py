"""The autoencoder: squeeze a picture into a code and rebuild it (Hinton & Salakhutdinov 2006)."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from ballgen import losses
from ballgen.models.base import Batch, ImageShape, Model
from ballgen.models.networks import ConvDecoder, ConvEncoder, DenseDecoder, DenseEncoder
from ballgen.recipes import Recipe

RECONSTRUCTION = {"mse": losses.mse, "bce": losses.bce, "sigma": losses.sigma_nll}


def build_encoder(recipe: Recipe, image_shape: ImageShape, outputs: int) -> nn.Module:
    """The recipe's network from pictures (N, C, H, W) to vectors (N, outputs)."""
    if recipe.network == "dense":
        return DenseEncoder(image_shape, outputs, recipe.hidden)
    return ConvEncoder(image_shape, outputs, recipe.width, recipe.residual_blocks)


def build_decoder(recipe: Recipe, image_shape: ImageShape) -> nn.Module:
    """The recipe's network from codes (N, D) to pictures (N, C, H, W)."""
    if recipe.network == "dense":
        return DenseDecoder(recipe.latent_dim, image_shape, recipe.hidden)
    return ConvDecoder(recipe.latent_dim, image_shape, recipe.width, recipe.residual_blocks)


class Autoencoder(Model):
    """code = encoder(image); minimises how far decoder(code) is from the image."""

    family: ClassVar[str] = "ae"

    def __init__(self, recipe: Recipe, image_shape: ImageShape, *args) -> None:
        super().__init__(recipe, image_shape, *args)
        self.encoder = build_encoder(recipe, image_shape, recipe.latent_dim)
        self.decoder = build_decoder(recipe, image_shape)

    def players(self) -> dict[str, list[nn.Module]]:
        return {"autoencoder": [self.encoder, self.decoder]}

    def objective(self, player: str, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        rebuilt = self.decoder(self.encoder(batch.images))
        loss = RECONSTRUCTION[self.recipe.reconstruction](rebuilt, batch.images)
        terms = {"mse": losses.mse(rebuilt, batch.images), self.recipe.reconstruction: loss}
        return loss, terms

    @torch.inference_mode()
    def to_codes(self, images: Tensor) -> Tensor:
        return self.encoder(images)

    def to_images(self, codes: Tensor) -> Tensor:
        return self.decoder(codes)
