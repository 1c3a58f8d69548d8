"""The GAN: a generator against a discriminator (Goodfellow et al. 2014), an encoder beside it."""

from collections.abc import Iterator
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ballgen.models.base import Batch, Generated, ImageShape, Loss, Model
from ballgen.models.dcgan import Discriminator, Generator, discriminator_loss, generator_loss
from ballgen.models.inversion import invert, search
from ballgen.models.networks import ConvEncoder
from ballgen.priors import StandardNormal
from ballgen.recipes import GANRecipe

ENCODER_EVERY = 2  # steps: in each it takes a seventh of the time, in every fourth it learns less
CANDIDATES = 256  # samples that an inversion without an encoder chooses its start from


class GenerativeAdversarialNetwork(Model):
    """A code is noise, followed in a conditional GAN by one number per class (one-hot).

    Networks: the discriminator, the generator and, with `network.encoder`, an encoder that learns
    to invert the generator and never touches the other two. What is generated for the
    discriminator's update serves those of the generator and the encoder, too.
    """

    family: ClassVar[str] = "gan"
    needs_inversion: ClassVar[bool] = True
    adversarial: ClassVar[bool] = True

    def __init__(self, recipe: GANRecipe, image_shape: ImageShape, *args) -> None:
        super().__init__(recipe, image_shape, *args)
        network = recipe.network
        self.noise_dim = network.latent_dim
        self.classes = len(self.class_names) if network.conditional else 0
        self.latent_dim = self.noise_dim + self.classes
        shares = self.class_shares.tolist() if self.classes else []
        self.priors = {"normal": StandardNormal(self.noise_dim, shares)}
        self.generator = Generator(
            self.latent_dim,
            image_shape,
            network.width,
            network.self_modulation,
            network.full_resolution_channels,
        )
        self.discriminator = Discriminator(
            image_shape, max(self.classes, 1), network.width, network.discriminator_batch_norm
        )
        self.encoder = (
            ConvEncoder(image_shape, self.latent_dim, network.width) if network.encoder else None
        )

    def networks(self) -> dict[str, list[nn.Module]]:
        networks = {"discriminator": [self.discriminator], "generator": [self.generator]}
        return networks | ({"encoder": [self.encoder]} if self.encoder else {})

    def update_every(self, network: str) -> int:
        return ENCODER_EVERY if network == "encoder" else 1

    def loss(self, network: str, batch: Batch) -> Loss:
        settings = self.recipe.loss
        if network == "discriminator":
            self.generator.requires_grad_(True)  # whose update goes on from these images
            codes = self._draw_codes(batch)
            images = self.generator(codes)
            loss = discriminator_loss(self.discriminator, settings, images.detach(), batch)
            return loss._replace(generated=Generated(codes, images))
        codes, images = batch.generated
        if network == "generator":
            loss = generator_loss(self.discriminator, settings, images, batch)
            return Loss(loss, {"generator": loss})
        noise, logits = self._split(self.encoder(images.detach()))
        loss = F.mse_loss(noise, codes[:, : self.noise_dim])
        if self.classes:
            loss = loss + F.cross_entropy(logits, batch.labels)
        return Loss(loss, {"inversion": loss})

    def _draw_codes(self, batch: Batch) -> Tensor:
        """Fresh codes (N, D) of the batch's classes."""
        noise = batch.normal(len(batch.images), self.noise_dim)
        if not self.classes:
            return noise
        return torch.cat([noise, F.one_hot(batch.labels, self.classes).to(noise)], dim=1)

    def _split(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        return codes[:, : self.noise_dim], codes[:, self.noise_dim :]

    def to_codes(self, images: Tensor, fast: bool = False) -> Tensor:
        with torch.no_grad():
            if fast:
                return self._first_estimate(images)
            # One by one: layers round batches of other sizes otherwise, and a search that starts
            # a little elsewhere ends elsewhere.
            estimates = torch.cat([self._first_estimate(image) for image in images.split(1)])
            return invert(self.to_images, estimates, images)

    def _first_estimate(self, images: Tensor) -> Tensor:
        """Codes (N, D) to start an inversion from: the encoder's, else the best of some samples."""
        if self.encoder:
            noise, logits = self._split(self.encoder(images))
            return torch.cat([noise, logits.softmax(1)], dim=1)
        generator = torch.Generator().manual_seed(0)
        candidates = self.priors["normal"].sample(CANDIDATES, generator).to(images.device)
        distances = torch.cdist(images.flatten(1), self.to_images(candidates).flatten(1))
        return candidates[distances.argmin(1)]

    def search_code(self, image: Tensor) -> Iterator[tuple[Tensor, float]]:
        """Ever better codes (1, D) of an image (1, C, H, W) and their squared errors.

        Goes on from where the encoder's estimate is until it hardly becomes better: take as many as
        there is time for. The fifth is that of `encode`. Raises `InputError` as `encode` does.
        """
        image = self.check_images(image)
        start = self.encode(image, fast=True)
        for code, error in search(self.decode, start[0], image[0]):
            yield code[None], error

    def to_images(self, codes: Tensor) -> Tensor:
        return self.generator(codes)
