"""The autoencoder: image to latent code and back (Hinton & Salakhutdinov 2006)."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from ballgen.errors import InputError
from ballgen.models import losses
from ballgen.models.augment import translate
from ballgen.models.base import Batch, ImageShape, Loss, Model
from ballgen.models.networks import ConvDecoder, build_decoder, build_encoder
from ballgen.recipes import AutoencoderRecipe, VAERecipe


class Autoencoder(Model):
    """code = encoder(image); minimises the distance of decoder(code) from the image.

    A recipe with fine-tuning adds an adversarial gradient in its last steps:
    `training/finetuning.py`. Raises `InputError` for a shift of half the images' side or more.
    """

    family: ClassVar[str] = "ae"
    encoder_outputs: ClassVar[int] = 1  # numbers per latent dimension

    def __init__(
        self, recipe: AutoencoderRecipe | VAERecipe, image_shape: ImageShape, *args
    ) -> None:
        super().__init__(recipe, image_shape, *args)
        if 2 * recipe.training.shift >= min(image_shape[1:]):
            raise InputError(
                f"training.shift {recipe.training.shift} px would push what {image_shape[1]}×"
                f"{image_shape[2]} px images show out of sight: choose less than half their side"
            )
        outputs = self.encoder_outputs * recipe.network.latent_dim
        self.encoder = build_encoder(recipe.network, image_shape, outputs)
        self.decoder = build_decoder(recipe.network, image_shape)

    def networks(self) -> dict[str, list[nn.Module]]:
        return {"autoencoder": [self.encoder, self.decoder]}

    def init_output_bias(self, colour: Tensor) -> None:
        if isinstance(self.decoder, ConvDecoder):
            self.decoder.init_output_bias(colour)

    def loss(self, network: str, batch: Batch) -> Loss:
        settings = self.recipe.loss
        images = self.shifted(batch)  # (N, C, H, W)
        codes = self.encoder(images)  # (N, D)
        decoded = self.decoder(codes)
        reconstruction = losses.RECONSTRUCTION[settings.reconstruction](decoded, images)
        terms = {"mse": losses.mse(decoded, images), settings.reconstruction: reconstruction}
        if not settings.code_weight:
            return Loss(reconstruction, terms, decoded)
        code = losses.code_norm(codes)
        return Loss(reconstruction + settings.code_weight * code, terms | {"code": code}, decoded)

    def shifted(self, batch: Batch) -> Tensor:
        """The batch's images (N, C, H, W), in training moved by up to `training.shift` px each."""
        shift = self.recipe.training.shift if self.training else 0
        return translate(batch.images, batch.generator, shift, shift)

    @torch.inference_mode()
    def to_codes(self, images: Tensor, fast: bool = False) -> Tensor:
        return self.encoder(images)

    def to_images(self, codes: Tensor) -> Tensor:
        return self.decoder(codes)
