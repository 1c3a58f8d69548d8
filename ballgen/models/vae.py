"""The variational autoencoder: latent codes as distributions (Kingma & Welling 2014)."""

from typing import ClassVar

import torch
from torch import Tensor

from ballgen.models import losses
from ballgen.models.autoencoder import Autoencoder
from ballgen.models.base import Batch, Loss


class VariationalAutoencoder(Autoencoder):
    """An autoencoder whose encoder gives mean and log variance of each latent dimension.

    Minimises reconstruction + kl_weight · KL(posterior ‖ N(0, I)), both in nats per image for
    `bce` and `sigma`; with kl_weight 1 that is the negative evidence lower bound. A recipe with
    fine-tuning adds an adversarial gradient in its last steps: `training/finetuning.py`.
    """

    family: ClassVar[str] = "vae"
    encoder_outputs: ClassVar[int] = 2

    def loss(self, network: str, batch: Batch) -> Loss:
        settings = self.recipe.loss
        images = self.shifted(batch)  # (N, C, H, W)
        mean, log_variance = self.posterior(images)  # (N, D) each
        codes = reparameterise(mean, log_variance, batch.normal(*mean.shape))
        decoded = self.decoder(codes)
        reconstruction = losses.RECONSTRUCTION[settings.reconstruction](decoded, images)
        kl = losses.kl_to_standard_normal(mean, log_variance)
        terms = {"mse": losses.mse(decoded, images), settings.reconstruction: reconstruction}
        return Loss(reconstruction + settings.kl_weight * kl, terms | {"kl": kl}, decoded)

    def posterior(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance, each (N, D), of the latent codes of images (N, C, H, W)."""
        mean, log_variance = self.encoder(images).chunk(2, dim=1)
        return mean, log_variance

    @torch.inference_mode()
    def sample_posterior(self, images: Tensor, generator: torch.Generator) -> Tensor:
        def draw(part: Tensor) -> Tensor:
            mean, log_variance = self.posterior(part)
            noise = torch.randn(mean.shape, generator=generator).to(mean)
            return reparameterise(mean, log_variance, noise)

        return self._in_chunks(draw, self.check_images(images), (self.latent_dim,))

    @torch.inference_mode()
    def to_codes(self, images: Tensor, fast: bool = False) -> Tensor:
        return self.posterior(images)[0]


def reparameterise(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    """N(0, I) noise as draws from a posterior, all (N, D) (Kingma & Welling 2014)."""
    return mean + noise * (0.5 * log_variance).exp()
