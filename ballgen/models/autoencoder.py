"""The autoencoder: squeeze a picture into a code and rebuild it (Hinton & Salakhutdinov 2006)."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from ballgen.data.imageset import ImageSet
from ballgen.errors import InputError
from ballgen.models import losses
from ballgen.models.adversarial import build_critic
from ballgen.models.augment import translate
from ballgen.models.base import Batch, ImageShape, Model
from ballgen.models.networks import ConvDecoder, ConvEncoder, DenseDecoder, DenseEncoder
from ballgen.models.phase import Phase
from ballgen.models.polish import (
    polish_critic_objective,
    polish_phase,
    with_the_critics_pull,
)
from ballgen.priors import Prior
from ballgen.recipes import Recipe
from ballgen.util.seeds import generator_of

STORE = 8192  # codes
RECONSTRUCTION = {"mse": losses.mse, "bce": losses.bce, "sigma": losses.sigma_nll}


def build_encoder(recipe: Recipe, image_shape: ImageShape, outputs: int) -> nn.Module:
    """The recipe's network from pictures (N, C, H, W) to vectors (N, outputs)."""
    if recipe.network == "dense":
        return DenseEncoder(image_shape, outputs, recipe.hidden)
    return ConvEncoder(image_shape, outputs, recipe.width, recipe.residual_blocks)


def build_decoder(recipe: Recipe, image_shape: ImageShape) -> nn.Module:
    """The recipe's network from codes (N, D) to pictures (N, C, H, W)."""
    if recipe.network == "dense":
        return DenseDecoder(recipe.latent_dim, image_shape, recipe.hidden)
    return ConvDecoder(recipe.latent_dim, image_shape, recipe.width, recipe.residual_blocks)


class Autoencoder(Model):
    """code = encoder(image); minimises how far decoder(code) is from the image.

    With `recipe.polish` there is a last part of training in which the encoder rests and the decoder
    also faces a critic, who judges what it makes of codes drawn from the recipe's prior.
    """

    family: ClassVar[str] = "ae"
    numbers_per_dimension: ClassVar[int] = 1  # that the encoder says of a code

    def __init__(self, recipe: Recipe, image_shape: ImageShape, *args) -> None:
        super().__init__(recipe, image_shape, *args)
        if recipe.polish and recipe.conditional:
            raise InputError(
                "a critic that polishes judges codes that have no class: set conditional=false, "
                "or polish=0"
            )
        if 2 * recipe.shift >= min(image_shape[1:]):
            raise InputError(
                f"shift {recipe.shift} px would push what {image_shape[1]}×{image_shape[2]} px "
                "pictures show out of sight: it must be less than half their side"
            )
        outputs = self.numbers_per_dimension * recipe.latent_dim
        self.encoder = build_encoder(recipe, image_shape, outputs)
        self.decoder = build_decoder(recipe, image_shape)
        self.critic = (
            build_critic(recipe, image_shape, len(self.class_names)) if recipe.polish else None
        )
        self._drawn: Tensor | None = None  # codes (N, D) from the prior, to polish the decoder on

    def start_from(self, images: ImageSet) -> None:
        if self.recipe.network == "conv":
            self.decoder.start_from(images.mean_colour)

    def players(self) -> dict[str, list[nn.Module]]:
        players = {"autoencoder": [self.encoder, self.decoder]}
        if self.critic is None:
            return players
        return players | {"critic": [self.critic], "decoder": [self.decoder]}

    def phase(self, player: str) -> Phase:
        recipe = self.recipe
        if player == "autoencoder":
            return Phase.whole(recipe, end=1 - recipe.polish)
        fast = player == "critic"
        return polish_phase(recipe, recipe.critic_rate if fast else recipe.polish_rate)

    def objective(self, player: str, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        if player == "critic":
            drawn = self._draw_from_prior(batch)
            return polish_critic_objective(self.critic, self.decoder, self.recipe, drawn, batch)
        batch = batch._replace(images=self._moved(batch))
        codes, penalty, terms = self.draw_codes(batch)
        rebuilt = self.decoder(codes)
        error = RECONSTRUCTION[self.recipe.reconstruction](rebuilt, batch.images)
        terms = {
            "mse": losses.mse(rebuilt, batch.images),
            self.recipe.reconstruction: error,
            **terms,
        }
        if player == "autoencoder":
            return error + penalty, terms
        drawn = self._draw_from_prior(batch)
        loss, pull = with_the_critics_pull(
            self.critic, self.decoder, self.recipe, drawn, batch, error, rebuilt
        )
        return loss + penalty, terms | pull  # the penalty, so that the loss goes on being the loss

    def _moved(self, batch: Batch) -> Tensor:
        """The batch's pictures, each moved by up to `recipe.shift` px."""
        reach = self.recipe.shift
        return translate(batch.images, batch.generator, reach, reach) if reach else batch.images

    def draw_codes(self, batch: Batch) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        """Codes (N, D) to rebuild from, what they cost (a scalar), and its named terms."""
        codes = self.encoder(batch.images)
        if not self.recipe.code_weight:
            return codes, codes.new_zeros(()), {}
        size = losses.code_size(codes)
        return codes, self.recipe.code_weight * size, {"code": size}

    def draw_ahead(self) -> None:
        if self.critic is not None and self._drawn is None:
            # As drawn, not refined: a run that goes on has another decoder to refine them with.
            self._drawn = self.priors[self.default_prior].sample(STORE, generator_of(0))

    def take_priors(self, priors: dict[str, Prior]) -> None:
        super().take_priors(priors)
        self._drawn = None

    def _draw_from_prior(self, batch: Batch) -> Tensor:
        """As many codes (N, D) as the batch has pictures, from the recipe's prior.

        Out of a store that is drawn once: a flow evaluates its network two dozen times for a code.
        """
        self.draw_ahead()
        rows = torch.randint(STORE, (len(batch.images),), generator=batch.generator)
        return self._drawn[rows].to(batch.images.device)

    @torch.inference_mode()
    def to_codes(self, images: Tensor) -> Tensor:
        return self.encoder(images)

    def to_images(self, codes: Tensor) -> Tensor:
        return self.decoder(codes)
