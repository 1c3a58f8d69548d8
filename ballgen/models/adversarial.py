"""The game of a discriminator and whatever makes images for it, as losses of their networks."""

from __future__ import annotations

from torch import Tensor

from ballgen.models import losses
from ballgen.models.augment import translate_by_share
from ballgen.models.base import Batch, Loss
from ballgen.models.dcgan import Discriminator
from ballgen.recipes import AdversarialLoss


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
    real_images = batch.images.requires_grad_(wants_r1)
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
