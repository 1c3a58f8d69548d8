"""Adversarial fine-tuning: the last stage of an autoencoder's or a VAE's training.

Squared error asks for the mean of all images that a code could stand for, which blurs a line
thinner than a pixel; and a prior's codes miss those of real images by a little, in ways that no
training image taught the decoder about. So the encoder is frozen, the priors are fitted to its
codes, and the decoder, while it goes on reconstructing, also has to pass a discriminator with what
it makes of codes from the prior (VAE-GAN, Larsen et al. 2016, with a prior that was fitted). The
two gradients are balanced by their norms at the images, so that no weight is tuned to one data set
(Esser et al. 2021 balance them at the last layer).
"""

from functools import partial

import torch
from torch import Tensor

from ballgen.models.base import Batch, Loss, Model
from ballgen.models.dcgan import Discriminator, discriminator_loss, generator_loss
from ballgen.recipes import FineTuning, Optimizer
from ballgen.training.stages import ParameterGroup, Stage

CODES = 8192  # drawn once: a flow evaluates its network two dozen times for a code


def finetuning_stage(model: Model, codes: Tensor, seed: int) -> Stage:
    """A frozen encoder, a fresh discriminator, and the decoder between them.

    codes  (M, D) from the recipe's `sampling.prior`, for the decoder to be fine-tuned on
    """
    settings: FineTuning = model.recipe.finetuning
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        discriminator = Discriminator(model.image_shape, 1, settings.discriminator_width)
    shared = (model, discriminator, codes)
    groups = [
        ParameterGroup(
            "discriminator",
            [discriminator],
            _optimizer(model, settings.discriminator_learning_rate),
            partial(_discriminator_loss, *shared),
        ),
        ParameterGroup(
            "decoder",
            [model.decoder],
            _optimizer(model, settings.decoder_learning_rate),
            partial(_decoder_loss, *shared),
        ),
    ]
    return Stage(1, groups, {"discriminator": discriminator})


def _optimizer(model: Model, learning_rate: float) -> Optimizer:
    """Adam without momentum: the discriminator moves, so yesterday's gradient points the wrong way.

    Neither Muon nor clipping: the short stage was measured without (docs/experiments.md, 11).
    """
    return Optimizer(
        learning_rate=learning_rate,
        beta1=0.0,
        beta2=0.99,
        schedule="linear",
        warmup=model.recipe.optimizer.warmup,
    )


def _discriminator_loss(
    model: Model, discriminator: Discriminator, codes: Tensor, batch: Batch
) -> Loss:
    """To tell real images from what the decoder makes of the prior's codes."""
    with torch.no_grad():
        generated = model.decoder(_draw(codes, batch))
    return discriminator_loss(discriminator, model.recipe.finetuning, generated, batch)


def _decoder_loss(model: Model, discriminator: Discriminator, codes: Tensor, batch: Batch) -> Loss:
    """The model's own loss, and the discriminator's gradient on what the decoder makes of codes."""
    (network,) = model.networks()
    own = model.loss(network, batch)
    generated = model.decoder(_draw(codes, batch))
    fooled = generator_loss(discriminator, model.recipe.finetuning, generated, batch)
    weight = model.recipe.finetuning.adversarial_weight
    total = add_adversarial_gradient(own.total, own.decoded, fooled, generated, weight)
    return Loss(total, own.terms | {"generator": fooled})


def add_adversarial_gradient(
    loss: Tensor, decoded: Tensor, fooled: Tensor, generated: Tensor, weight: float
) -> Tensor:
    """`loss` with the adversarial gradient added, scaled to `weight` times the norm of its own.

    Both norms are taken at the images: ∂loss/∂decoded and ∂fooled/∂generated. The value stays that
    of `loss` (the adaptive weight of Esser et al. 2021, one layer further out).
    """
    (own,) = torch.autograd.grad(loss, decoded, retain_graph=True)
    (adversarial,) = torch.autograd.grad(fooled, generated)
    adversarial = adversarial.float()
    scale = weight * own.float().norm() / adversarial.norm().clamp_min(1e-12)
    push = (scale * adversarial * generated.float()).sum()
    return loss + push - push.detach()


def _draw(codes: Tensor, batch: Batch) -> Tensor:
    """As many of the codes (M, D) as the batch has images, at random."""
    rows = torch.randint(len(codes), (len(batch.images),), generator=batch.generator)
    return codes[rows].to(batch.images.device)
