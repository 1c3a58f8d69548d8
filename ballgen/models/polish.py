"""Polishing: the last part of an autoencoder's training, in which its decoder faces a critic.

Squared error asks for the mean of all that a code could mean, which blurs a line thinner than a
pixel; and a prior's codes miss those of real pictures by a little, in ways that no picture ever
taught the decoder about. Towards the end the encoder therefore rests, so that codes and what they
mean stay; the priors are fitted to them; and the decoder, while it goes on rebuilding, also has to
pass a critic with what it makes of codes drawn from the prior (VAE-GAN, Larsen et al. 2016, with a
prior that was fitted). The two pulls are balanced by their lengths at the pictures, so that no
weight is tuned to one set (Esser et al. 2021 balance them at the last layer).
"""

from __future__ import annotations

import torch
from torch import Tensor

from ballgen.models.adversarial import critic_objective, opponent_loss
from ballgen.models.base import Batch
from ballgen.models.dcgan import Critic
from ballgen.models.phase import Phase
from ballgen.recipes import Recipe


def polish_phase(recipe: Recipe, learning_rate: float) -> Phase:
    """The last `recipe.polish` of training. Adam without memory: the opponent moves."""
    return Phase(
        learning_rate, 0.0, 0.99, "linear", recipe.warmup, begin=1 - recipe.polish, end=1.0
    )


def polish_critic_objective(
    critic: Critic, decoder, recipe: Recipe, codes: Tensor, batch: Batch
) -> tuple[Tensor, dict[str, Tensor]]:
    """Tell real pictures from what the decoder makes of the prior's codes (N, D)."""
    with torch.no_grad():
        generated = decoder(codes)
    return critic_objective(critic, recipe, generated, batch)


def with_the_critics_pull(
    critic: Critic, decoder, recipe: Recipe, codes: Tensor, batch: Batch, error: Tensor, of: Tensor
) -> tuple[Tensor, dict[str, Tensor]]:
    """The reconstruction's `error` of the pictures `of`, plus the critic's pull on the decoder,
    for what it makes of the prior's codes (N, D).

    The pull enters by its gradient on the pictures, scaled to `polish_weight` times the length of
    the reconstruction's; the loss has the value of the error alone.
    """
    pictures = decoder(codes)
    fooled = opponent_loss(critic, recipe, pictures, batch)
    (own,) = torch.autograd.grad(error, of, retain_graph=True)
    (pull,) = torch.autograd.grad(fooled, pictures)
    pull = pull.float()
    weight = recipe.polish_weight * own.float().norm() / pull.norm().clamp_min(1e-12)
    push = (weight * pull * pictures.float()).sum()
    return error + push - push.detach(), {"generator": fooled}
