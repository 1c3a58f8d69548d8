"""Model: the doors that every family offers, and the three things a family adds.

A family says who its `players` are (parts with an optimiser of their own), what each player's
objective is (`objective`), and how images become codes and back (`to_codes`, `to_images`).
Everything else (the loop, priors, scores, pages) works through these alone.
"""

from __future__ import annotations

from itertools import pairwise
from numbers import Integral
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from ballgen.data.imageset import MAX_IMAGES, ImageSet, as_images, as_tensor
from ballgen.errors import InputError
from ballgen.models.networks import ImageShape
from ballgen.models.phase import Phase
from ballgen.priors import Prior, StandardNormal, fit_priors
from ballgen.recipes import Recipe
from ballgen.util.seeds import generator_of

HOTTEST = 1000.0  # temperature: far beyond any picture, and still far from overflowing
CHUNK = 256  # pictures at once through a network: bounds memory, whatever the caller asks for


class Batch(NamedTuple):
    """One training step's input.

    images     float32 (N, C, H, W) in [0, 1]
    labels     int64 (N,)
    step       how many steps came before
    generator  the only source of randomness in the step
    """

    images: Tensor
    labels: Tensor
    step: int
    generator: torch.Generator

    def normal(self, count: int, size: int) -> Tensor:
        """(count, size) standard normal numbers on the images' device.

        Drawn on the CPU so that a seed means the same numbers on every device.
        """
        return torch.randn(count, size, generator=self.generator).to(self.images.device)


class Model(nn.Module):
    """A generative model of pictures, of any family.

    recipe        the experiment it belongs to
    image_shape   (C, H, W)
    latent_dim    D, the length of a code
    class_names   names of the labels it was trained with
    class_shares  float32 (K,): how frequent each class was
    priors        fitted priors by name; "normal" is always there
    """

    family: ClassVar[str]
    searches_codes: ClassVar[bool] = False  # an encoding is a search and takes its time

    def __init__(
        self,
        recipe: Recipe,
        image_shape: ImageShape,
        class_names: tuple[str, ...] = ("image",),
        class_shares: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.recipe = recipe
        self.image_shape = image_shape
        self.class_names = class_names
        shares = torch.ones(len(class_names)) if class_shares is None else class_shares
        self.class_shares = shares / shares.sum()
        self.latent_dim = recipe.latent_dim
        self.priors: dict[str, Prior] = {"normal": StandardNormal(self.latent_dim)}

    # What a family adds -------------------------------------------------------------------------

    def players(self) -> dict[str, list[nn.Module]]:
        """Parts that are trained by an optimiser of their own, in the order in which they move."""
        raise NotImplementedError

    def phase(self, player: str) -> Phase:
        """When `player` moves, and how large its steps are: as the recipe says, all along."""
        return Phase.whole(self.recipe)

    def stretches(self) -> list[tuple[float, float]]:
        """Begin and end, in shares of training, of each part in which the same players move."""
        phases = [self.phase(player) for player in self.players()]
        ends = sorted({0.0, 1.0} | {end for phase in phases for end in (phase.begin, phase.end)})
        return list(pairwise(ends))

    def start_from(self, images: ImageSet) -> None:
        """Fit the first weights to what the pictures have in common, if the family gains by it."""

    def objective(self, player: str, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """What `player` minimises (a scalar), and the named terms to record."""
        raise NotImplementedError

    def to_codes(self, images: Tensor) -> Tensor:
        """(N, C, H, W) → (N, D), no gradient asked for."""
        raise NotImplementedError

    def to_images(self, codes: Tensor) -> Tensor:
        """(N, D) → (N, C, H, W) in [0, 1], differentiable."""
        raise NotImplementedError

    def quick_codes(self, images: Tensor) -> Tensor:
        """Like `to_codes`, for thousands of images at once: where that is slow, a close guess."""
        return self.to_codes(images)

    # The doors ----------------------------------------------------------------------------------

    def encode(self, images: Tensor) -> Tensor:
        """Codes float32 (N, D) of images (N, C, H, W) in [0, 1]. Raises `InputError`."""
        images = self.check_images(images)
        return self._in_chunks(self.to_codes, images, (self.latent_dim,))

    def encode_quickly(self, images: Tensor) -> Tensor:
        """Like `encode`, for thousands of images: where codes are searched for, close guesses."""
        images = self.check_images(images)
        return self._in_chunks(self.quick_codes, images, (self.latent_dim,))

    def training_codes(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Codes (N, D) as the decoder meets them in training, one for each image (N, C, H, W).

        generator  where a family draws them
        """
        return self.encode(images)

    def check_images(self, images: Tensor) -> Tensor:
        """Images as float32 in [0, 1] if their shape is the model's, else raise `InputError`."""
        images = as_images(images)
        if tuple(images.shape[1:]) != self.image_shape:
            raise InputError(
                f"this model takes images of shape {self.image_shape} (channels, height, width), "
                f"got {tuple(images.shape[1:])}: load them with image_size={self.image_shape[1]}, "
                f"channels={self.image_shape[0]}"
            )
        return images

    def decode(self, codes: Tensor) -> Tensor:
        """Images float32 (N, C, H, W) in [0, 1] of codes (N, D). Raises `InputError`."""
        codes = as_tensor(codes, "codes").float()
        if codes.ndim != 2 or codes.shape[1] != self.latent_dim:
            raise InputError(
                f"codes must have the shape (N, {self.latent_dim}), got {tuple(codes.shape)}"
            )
        if not torch.isfinite(codes).all():
            raise InputError("codes hold infinite or undefined numbers: check what made them")
        with torch.no_grad():
            images = self._in_chunks(self.to_images, codes, self.image_shape)
        if not torch.isfinite(images).all():
            raise InputError("these codes are too large to decode: check what made them")
        return images

    def fit_priors(self, images: Tensor, labels: Tensor, precision: str = "fp32") -> None:
        """Fit the recipe's priors to the codes of images (N, C, H, W) with labels (N,)."""
        codes = self.encode_quickly(images)
        self.take_priors(fit_priors(self.recipe.priors, codes, labels, precision))

    def take_priors(self, priors: dict[str, Prior]) -> None:
        """From now on, draw from these fitted priors as well."""
        self.priors |= priors

    def draw_ahead(self) -> None:
        """Draw what training will need of the priors, so that no step has to wait for it."""

    def reconstruct(self, images: Tensor) -> Tensor:
        """What the model makes of images (N, C, H, W) when it rebuilds them from their codes."""
        return self.decode(self.encode(images))

    def sample_codes(
        self, count: int, seed: int = 0, prior: str | None = None, temperature: float = 1.0
    ) -> Tensor:
        """Codes float32 (count, D) from a prior; None takes the recipe's. Raises `InputError`.

        A fitted prior's go through decoder and encoder as often as the recipe's `refine` says.
        """
        found = self.prior_to_draw(count, prior, [temperature])
        return self._refined(found.sample(count, generator_of(seed), temperature), found)

    def sample(
        self, count: int, seed: int = 0, prior: str | None = None, temperature: float = 1.0
    ) -> Tensor:
        """New images float32 (count, C, H, W) in [0, 1] from a prior. Raises `InputError`.

        temperature scales the prior's spread: 0 is its centre, 1 its own, above 1 is bolder.
        """
        return self.decode(self.sample_codes(count, seed, prior, temperature))

    def sample_at(
        self, temperatures: list[float], count: int, seed: int = 0, prior: str | None = None
    ) -> Tensor:
        """What `sample` gives at each temperature: float32 (T, count, C, H, W)."""
        found = self.prior_to_draw(count, prior, temperatures)
        codes = found.sample_at(temperatures, count, generator_of(seed)).flatten(0, 1)
        return self.decode(self._refined(codes, found)).unflatten(0, (len(temperatures), count))

    def _refined(self, codes: Tensor, prior: Prior) -> Tensor:
        """A prior's codes (N, D) after the recipe's rounds through decoder and encoder.

        Each brings them nearer to codes of pictures: pseudo-Gibbs sampling (Rezende et al. 2014;
        Bengio et al. 2013 for autoencoders). N(0, I) stays as drawn, as the reports had it.
        """
        if prior.name != StandardNormal.name:
            for _ in range(self.recipe.refine):
                codes = self.encode_quickly(self.decode(codes))
        return codes

    def prior_to_draw(self, count: int, prior: str | None, temperatures: list[float]) -> Prior:
        """The prior to sample from. Raises `InputError` if what is asked of it makes no sense."""
        if not isinstance(count, Integral):
            raise InputError(f"count must be a whole number, got {count!r}")
        if count < 1:
            raise InputError(f"count must be at least 1, got {count}")
        if count > MAX_IMAGES:
            raise InputError(f"count must be at most {MAX_IMAGES:,}, got {count:,}")
        for temperature in temperatures:
            if not temperature >= 0:
                raise InputError(f"temperature must not be negative, got {temperature}")
            if temperature > HOTTEST:
                raise InputError(f"temperature must be at most {HOTTEST:g}, got {temperature:g}")
        prior = self.default_prior if prior is None else prior
        if prior not in self.priors:
            raise InputError(
                f"this {self.family} has no prior {prior!r}: choose from {', '.join(self.priors)}"
            )
        return self.priors[prior]

    def _in_chunks(self, function, rows: Tensor, shape: tuple[int, ...]) -> Tensor:
        if not len(rows):
            return torch.empty(0, *shape)
        was_training, device = self.training, next(self.parameters()).device
        self.eval()
        try:
            parts = [function(part.to(device)).float().cpu() for part in rows.split(CHUNK)]
        finally:
            self.train(was_training)
        return torch.cat(parts)

    @property
    def default_prior(self) -> str:
        """The recipe's prior, or "normal" before it is fitted."""
        return self.recipe.prior if self.recipe.prior in self.priors else "normal"

    @property
    def parameter_count(self) -> int:
        """How many numbers training adjusts."""
        return sum(parameter.numel() for parameter in self.parameters())
