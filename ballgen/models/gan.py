"""The GAN: a generator against a critic (Goodfellow et al. 2014), with an encoder beside it."""

from __future__ import annotations

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ballgen.models.adversarial import build_critic, critic_objective, opponent_loss
from ballgen.models.base import Batch, ImageShape, Model
from ballgen.models.dcgan import Generator
from ballgen.models.inversion import invert
from ballgen.models.networks import ConvEncoder
from ballgen.priors import StandardNormal
from ballgen.recipes import Recipe


class GenerativeAdversarialNetwork(Model):
    """A code is noise, followed in a conditional GAN by one number per class (one-hot).

    Players: the discriminator, the generator and, with `recipe.inverter`, an encoder that learns
    to read the code off generated pictures and never touches the other two.
    """

    family: ClassVar[str] = "gan"
    searches_codes: ClassVar[bool] = True

    def __init__(self, recipe: Recipe, image_shape: ImageShape, *args) -> None:
        super().__init__(recipe, image_shape, *args)
        self.noise_dim = recipe.latent_dim
        self.classes = len(self.class_names) if recipe.conditional else 0
        self.latent_dim = self.noise_dim + self.classes
        self.priors = {
            "normal": StandardNormal(
                self.noise_dim, self.class_shares.tolist() if self.classes else []
            )
        }
        self.generator = Generator(
            self.latent_dim, image_shape, recipe.width, recipe.modulated, recipe.fine
        )
        self.discriminator = build_critic(recipe, image_shape, self.classes)
        self.encoder = (
            ConvEncoder(image_shape, self.latent_dim, recipe.width) if recipe.inverter else None
        )

    def players(self) -> dict[str, list[nn.Module]]:
        players = {"discriminator": [self.discriminator], "generator": [self.generator]}
        return players | ({"encoder": [self.encoder]} if self.encoder else {})

    def objective(self, player: str, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        codes = self._draw_codes(batch)
        if player == "discriminator":
            with torch.no_grad():
                generated = self.generator(codes)
            return critic_objective(self.discriminator, self.recipe, generated, batch)
        if player == "generator":
            generated = self.generator(codes)
            loss = opponent_loss(self.discriminator, self.recipe, generated, batch)
            return loss, {"generator": loss}
        with torch.no_grad():
            images = self.generator(codes)
        noise, logits = self._split(self.encoder(images))
        loss = F.mse_loss(noise, codes[:, : self.noise_dim])
        if self.classes:
            loss = loss + F.cross_entropy(logits, batch.labels)
        return loss, {"inversion": loss}

    def _draw_codes(self, batch: Batch) -> Tensor:
        """Fresh codes (N, D) of the batch's classes."""
        noise = batch.normal(len(batch.images), self.noise_dim)
        if not self.classes:
            return noise
        return torch.cat([noise, F.one_hot(batch.labels, self.classes).to(noise)], dim=1)

    def _split(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        return codes[:, : self.noise_dim], codes[:, self.noise_dim :]

    def to_codes(self, images: Tensor) -> Tensor:
        return invert(self.to_images, self.quick_codes(images), images)

    def quick_codes(self, images: Tensor) -> Tensor:
        with torch.no_grad():
            return self._first_guess(images)

    def _first_guess(self, images: Tensor) -> Tensor:
        """Codes (N, D) to start an inversion from: the encoder's, else the best of 256 samples."""
        if self.encoder:
            noise, logits = self._split(self.encoder(images))
            return torch.cat([noise, logits.softmax(1)], dim=1)
        generator = torch.Generator().manual_seed(0)
        candidates = self.priors["normal"].sample(256, generator).to(images.device)
        distances = torch.cdist(images.flatten(1), self.to_images(candidates).flatten(1))
        return candidates[distances.argmin(1)]

    def to_images(self, codes: Tensor) -> Tensor:
        return self.generator(codes)
