"""DCGAN's networks (Radford et al. 2016) with later additions, and the losses of their game."""

import torch
from torch import Tensor, nn

from ballgen.models import losses
from ballgen.models.augment import translate_by_share
from ballgen.models.base import Batch, Loss
from ballgen.models.networks import (
    Geometry,
    ImageShape,
    ModulatedSequential,
    Modulation,
    init_normal,
)
from ballgen.recipes import AdversarialLoss


class SelfModulatedBatchNorm(Modulation):
    """Batch norm whose gain and shift the latent code sets (Chen et al. 2019; Brock et al. 2019).

    Feature maps (N, channels, H, W) and codes (N, inputs) → maps. Begins near a plain batch norm.
    """

    def __init__(self, inputs: int, channels: int) -> None:
        super().__init__(inputs, channels)
        self.norm = nn.BatchNorm2d(channels, affine=False)

    def forward(self, maps: Tensor, codes: Tensor) -> Tensor:
        return super().forward(self.norm(maps), codes)


class Generator(nn.Module):
    """Codes (N, D) → images (N, C, H, W) in [0, 1]: DCGAN's generator (Radford et al. 2016).

    The stem is DCGAN's first transposed convolution on a 1×1 input. The body ends in tanh;
    outside, images lie in [0, 1] like everywhere else.

    self_modulation           the code sets gains and shifts of all batch norms too
    full_resolution_channels  of one more layer, at the images' own resolution; 0 for none
    """

    def __init__(
        self,
        inputs: int,
        image_shape: ImageShape,
        width: int,
        self_modulation: bool = False,
        full_resolution_channels: int = 0,
    ) -> None:
        super().__init__()
        self.geometry = geometry = Geometry(image_shape, width)

        def norm(channels: int) -> nn.Module:
            return (
                SelfModulatedBatchNorm(inputs, channels)
                if self_modulation
                else nn.BatchNorm2d(channels)
            )

        channels = geometry.widths[-1]
        self.stem = nn.ConvTranspose2d(inputs, channels, geometry.coarse, bias=False)
        layers: list[nn.Module] = [norm(channels), nn.ReLU()]
        fine = full_resolution_channels
        for outputs in [*reversed(geometry.widths[:-1]), *([fine] if fine else [])]:
            layers += [
                nn.ConvTranspose2d(channels, outputs, 4, stride=2, padding=1, bias=False),
                norm(outputs),
                nn.ReLU(),
            ]
            channels = outputs
        last = (
            nn.Conv2d(channels, geometry.channels, 3, padding=1)
            if fine
            else nn.ConvTranspose2d(channels, geometry.channels, 4, stride=2, padding=1)
        )
        self.body = ModulatedSequential(*layers, last, nn.Tanh())
        self.apply(_dcgan_init)

    def forward(self, codes: Tensor) -> Tensor:
        maps = self.body(self.stem(codes[..., None, None]), codes)
        return self.geometry.crop(maps) / 2 + 0.5


class Discriminator(nn.Module):
    """Images (N, C, H, W) → logits (N, outputs): how real they look, once per class.

    With `batch_norm` it is DCGAN's discriminator as Lab 4 had it, the first layer included.
    Without, a last channel holds the standard deviation within the batch (Karras et al. 2018),
    which shows when all images are alike.
    """

    def __init__(
        self,
        image_shape: ImageShape,
        outputs: int,
        width: int,
        batch_norm: bool = False,
    ) -> None:
        super().__init__()
        self.geometry = geometry = Geometry(image_shape, width)
        self.shows_deviation = not batch_norm

        def conv(inputs: int, outputs: int, kernel: int | tuple[int, int], **sizes) -> nn.Module:
            layer = nn.Conv2d(inputs, outputs, kernel, bias=not batch_norm, **sizes)
            _dcgan_init(layer)
            return layer

        layers, channels = [], geometry.channels
        for level_width in geometry.widths:
            layers.append(conv(channels, level_width, 4, stride=2, padding=1))
            if batch_norm:
                layers.append(nn.BatchNorm2d(level_width))
                _dcgan_init(layers[-1])
            layers.append(nn.LeakyReLU(0.2))
            channels = level_width
        self.body = nn.Sequential(*layers)
        self.head = conv(channels + self.shows_deviation, outputs, geometry.coarse)

    def forward(self, images: Tensor) -> Tensor:
        x = self.body(self.geometry.pad(images) * 2 - 1)  # (N, C', H', W')
        if self.shows_deviation:
            # float32 and an epsilon: the root's slope is infinite where all images agree.
            deviation = (x.float().var(0, unbiased=False) + 1e-8).sqrt().mean()
            x = torch.cat([x, deviation.to(x.dtype).expand(len(x), 1, *x.shape[2:])], dim=1)
        return self.head(x).flatten(1)


def _dcgan_init(module: nn.Module) -> None:
    """Weights from N(0, 0.02), norms around 1 (Radford et al. 2016)."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        init_normal(module.weight, 0, 0.02)
    elif isinstance(module, nn.BatchNorm2d) and module.affine:
        init_normal(module.weight, 1, 0.02)
        nn.init.zeros_(module.bias)


# --- the game, as losses of the networks ---------------------------------------------------------


def discriminator_logits(
    discriminator: Discriminator, settings: AdversarialLoss, images: Tensor, batch: Batch
) -> Tensor:
    """The logit (N,) for each image (N, C, H, W), for its class if there is one per class."""
    logits = discriminator(translate_by_share(images, batch.generator, settings.translation))
    if logits.shape[1] == 1:
        return logits[:, 0]
    return logits.gather(1, batch.labels[:, None])[:, 0]


def discriminator_loss(
    discriminator: Discriminator, settings: AdversarialLoss, generated: Tensor, batch: Batch
) -> Loss:
    """To tell the batch's images from generated ones (N, C, H, W), with R1 every so many steps."""
    wants_r1 = settings.r1_gamma > 0 and batch.step % settings.r1_every == 0
    real_images = batch.images.detach().requires_grad_(wants_r1)
    real = discriminator_logits(discriminator, settings, real_images, batch)
    fake = discriminator_logits(discriminator, settings, generated, batch)
    loss = losses.discriminator_loss(real, fake)
    if not wants_r1:
        return Loss(loss, {"discriminator": loss})
    r1 = losses.r1_penalty(real, real_images)
    # Weighted by the interval, so that its mean effect is that of a penalty in every step.
    total = loss + settings.r1_gamma * settings.r1_every * r1
    return Loss(total, {"discriminator": loss, "r1": r1})


def generator_loss(
    discriminator: Discriminator, settings: AdversarialLoss, generated: Tensor, batch: Batch
) -> Tensor:
    """To have generated images (N, C, H, W) taken for real: a scalar."""
    return losses.generator_loss(discriminator_logits(discriminator, settings, generated, batch))
