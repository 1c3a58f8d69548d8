"""Losses as pure functions: tensors in, scalar tensors out, each naming its source.

x is a batch of real images (N, C, H, W) in [0, 1], y what a model made of it, of the same shape.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

SMALLEST_LOG_SIGMA = -6.0


def mse(y: Tensor, x: Tensor) -> Tensor:
    """Squared error, mean over images and pixels."""
    return F.mse_loss(y, x)


def bce(y: Tensor, x: Tensor) -> Tensor:
    """Binary cross-entropy in nats, summed over pixels, mean over images (Kingma & Welling 2014).

    Computed in float32: at half precision the logarithm of 1 - y is lost near 1.
    """
    with torch.autocast(x.device.type, enabled=False):  # on a GPU autocast refuses it
        return F.binary_cross_entropy(y.float(), x.float(), reduction="sum") / len(x)


def sigma_nll(y: Tensor, x: Tensor) -> Tensor:
    """Gaussian negative log-likelihood at the batch's best σ, in nats per image, less a constant.

    log σ = ½ log MSE is the maximum-likelihood width; it is clipped softly at -6 so that the
    weight of the reconstruction stays finite (Rybkin et al. 2021, "Simple and effective VAE
    training with calibrated decoders").
    """
    squared = (y.float() - x.float()).square()
    # Detached: σ is set, not learned. At the optimum the derivative by σ is zero; where the soft
    # clip holds σ above it, the weight of the error is a little smaller than with that derivative.
    log_sigma = soft_clip(0.5 * squared.mean().detach().log())
    per_pixel = 0.5 * squared * torch.exp(-2 * log_sigma) + log_sigma
    return per_pixel.sum() / len(x)


RECONSTRUCTION = {"mse": mse, "bce": bce, "sigma": sigma_nll}  # by their names in a recipe


def soft_clip(log_sigma: Tensor) -> Tensor:
    """A smooth maximum of log σ and -6 (Rybkin et al. 2021)."""
    return SMALLEST_LOG_SIGMA + F.softplus(log_sigma - SMALLEST_LOG_SIGMA)


def kl_to_standard_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, exp(log_variance)) ‖ N(0, I)) in nats, summed over (N, D), mean over images."""
    mean, log_variance = mean.float(), log_variance.float()
    terms = mean.square() + log_variance.exp() - 1 - log_variance
    return 0.5 * terms.sum() / len(mean)


def code_norm(codes: Tensor) -> Tensor:
    """½‖code‖², mean over codes (N, D): the autoencoder's share of the KL (Ghosh et al. 2020)."""
    return 0.5 * codes.float().square().sum() / len(codes)


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Cross-entropy of the discriminator's logits on real and generated images, each (N,)
    (Goodfellow et al. 2014).
    """
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def generator_loss(fake: Tensor) -> Tensor:
    """The non-saturating loss of the discriminator's logits (N,) on generated images (Goodfellow et
    al. 2014).
    """
    return F.softplus(-fake).mean()


def r1_penalty(logits: Tensor, images: Tensor) -> Tensor:
    """½‖∂ logit / ∂ image‖² on real images, mean over images (Mescheder et al. 2018)."""
    (gradient,) = torch.autograd.grad(logits.sum(), images, create_graph=True)
    return 0.5 * gradient.float().square().sum() / len(images)
