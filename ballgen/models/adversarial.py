"""The critic's game: what it judges, what it minimises, and what its opponent does."""

from __future__ import annotations

from torch import Tensor

from ballgen.models import losses
from ballgen.models.augment import augment
from ballgen.models.base import Batch
from ballgen.models.dcgan import Critic
from ballgen.models.networks import ImageShape
from ballgen.recipes import Recipe


def build_critic(recipe: Recipe, image_shape: ImageShape, classes: int) -> Critic:
    """The recipe's critic; told the class, it has one output for each."""
    return Critic(
        image_shape,
        outputs=max(classes, 1) if recipe.conditional else 1,
        width=recipe.width,
        batch_norm=recipe.adversarial == "bce",
        spectral=recipe.spectral_norm,
    )


def judge(critic: Critic, recipe: Recipe, images: Tensor, batch: Batch) -> Tensor:
    """The critic's logit (N,) for each image (N, C, H, W), for its class if it knows classes."""
    logits = critic(augment(recipe.augment, images, recipe.augment_reach, batch.generator))
    if not recipe.conditional:
        return logits[:, 0]
    return logits.gather(1, batch.labels[:, None])[:, 0]


def critic_objective(
    critic: Critic, recipe: Recipe, generated: Tensor, batch: Batch
) -> tuple[Tensor, dict[str, Tensor]]:
    """Tell the batch's images from generated ones, with R1 every so many steps."""
    wants_r1 = recipe.r1_gamma > 0 and batch.step % recipe.r1_every == 0
    real_images = batch.images.requires_grad_(wants_r1)
    real = judge(critic, recipe, real_images, batch)
    fake = judge(critic, recipe, generated, batch)
    loss = losses.discriminator_loss(recipe.adversarial, real, fake)
    terms = {"discriminator": loss}
    if wants_r1:
        terms["r1"] = losses.r1_penalty(real, real_images)
        # Weighted by the interval, so that its mean push is that of a penalty in every step.
        loss = loss + recipe.r1_gamma * recipe.r1_every * terms["r1"]
    return loss, terms


def opponent_loss(critic: Critic, recipe: Recipe, generated: Tensor, batch: Batch) -> Tensor:
    """What whoever made the generated images minimises."""
    return losses.generator_loss(recipe.adversarial, judge(critic, recipe, generated, batch))
