"""Model: the methods that every family offers, and the few things that a family adds.

A family states its `networks` (each has an optimizer of its own), the `loss` of each, and its two
ways: images to latent codes and back. The loop, priors, scores and pages work through these alone.
"""

from collections.abc import Iterable
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from ballgen.data.imageset import MAX_IMAGES, as_images, as_tensor
from ballgen.errors import InputError
from ballgen.models.networks import ImageShape
from ballgen.priors import PRIORS, Prior, StandardNormal
from ballgen.recipes import Recipe
from ballgen.util.checks import check_number, check_whole, generator_of

MAX_TEMPERATURE = 1000.0  # far beyond any image, and still far from overflowing
PROBED = 256  # codes that are tried, to see whether Gibbs steps collapse them
COLLAPSE = 0.5  # of the codes' spread: less is left by a decoder that hardly minds its codes
CHUNK = 64  # images at once through a network: bounds memory, and more do not fit into a cache


class Generated(NamedTuple):
    """What a generator made in a step; its update goes back through the images.

    codes   (N, D)
    images  (N, C, H, W)
    """

    codes: Tensor
    images: Tensor


class Batch(NamedTuple):
    """One training step's input.

    images     float32 (N, C, H, W) in [0, 1]
    labels     int64 (N,)
    step       how many steps came before
    generator  the only source of randomness in the step
    generated  by the networks that were updated before in this step, if any were
    """

    images: Tensor
    labels: Tensor
    step: int
    generator: torch.Generator
    generated: Generated | None = None

    def normal(self, count: int, size: int) -> Tensor:
        """(count, size) standard normal numbers on the images' device.

        Drawn on the CPU so that a seed means the same numbers on every device.
        """
        return torch.randn(count, size, generator=self.generator).to(self.images.device)


class Loss(NamedTuple):
    """What a network minimises in a step.

    total      a scalar
    terms      named scalars to record
    decoded    (N, C, H, W) what the decoder made of the batch, where a family reconstructs: the
               fine-tuning takes its gradient
    generated  for the networks that are updated after this one in the same step
    """

    total: Tensor
    terms: dict[str, Tensor]
    decoded: Tensor | None = None
    generated: Generated | None = None


class Model(nn.Module):
    """A generative model of images, of any family.

    recipe        the experiment it belongs to
    image_shape   (C, H, W)
    latent_dim    D, the length of a latent code
    class_names   names of the labels it was trained with
    class_shares  float32 (K,): how frequent each class was
    priors        fitted priors by name; "normal" is always there
    """

    family: ClassVar[str]
    needs_inversion: ClassVar[bool] = False  # encoding is a search and takes its time
    adversarial: ClassVar[bool] = False  # its losses are a game's: none says how good it is

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
        self.latent_dim = recipe.network.latent_dim
        self.priors: dict[str, Prior] = {"normal": StandardNormal(self.latent_dim)}
        self._keeps_spread: dict[str, tuple[Prior, int, bool]] = {}  # under a Gibbs step

    # --- what a family adds ----------------------------------------------------------------------

    def networks(self) -> dict[str, list[nn.Module]]:
        """Modules that share an optimizer, by name, in the order in which they are updated."""
        raise NotImplementedError

    def update_every(self, network: str) -> int:
        """In which steps the network called `network` is updated: every one, every second, …"""
        return 1

    def loss(self, network: str, batch: Batch) -> Loss:
        """What the network called `network` minimises on a batch."""
        raise NotImplementedError

    def to_codes(self, images: Tensor, fast: bool = False) -> Tensor:
        """(N, C, H, W) → (N, D) without gradient; `fast` allows a close estimate for a search."""
        raise NotImplementedError

    def to_images(self, codes: Tensor) -> Tensor:
        """(N, D) → (N, C, H, W) in [0, 1], differentiable."""
        raise NotImplementedError

    def init_output_bias(self, colour: Tensor) -> None:
        """Start around the images' mean colour (C,) in [0, 1], if the family gains by it."""

    # --- public methods --------------------------------------------------------------------------

    def encode(self, images: Tensor, fast: bool = False) -> Tensor:
        """Latent codes float32 (N, D) of images (N, C, H, W) in [0, 1].

        A VAE gives the posterior's mean; a GAN inverts its generator.

        fast  where codes are searched for, take a close estimate: for thousands of images
        Raises `InputError` for images of another shape or range.
        """
        images = self.check_images(images)
        return self._in_chunks(lambda part: self.to_codes(part, fast), images, (self.latent_dim,))

    def sample_posterior(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Codes (N, D) as the decoder meets them in training, one for each image (N, C, H, W).

        A VAE draws from each image's posterior; others have a single code. Raises `InputError`.
        """
        return self.encode(images)

    def decode(self, codes: Tensor) -> Tensor:
        """Images float32 (N, C, H, W) in [0, 1] of latent codes (N, D).

        Raises `InputError` for codes of another shape, or that are not finite, or too large.
        """
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

    def reconstruct(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) encoded and decoded again. Raises `InputError` as `encode` does."""
        return self.decode(self.encode(images))

    def sample(
        self, count: int, seed: int = 0, prior: str | None = None, temperature: float = 1.0
    ) -> Tensor:
        """New images float32 (count, C, H, W) in [0, 1] from a prior.

        A code is drawn from the prior; a fitted prior's is then decoded and encoded again
        `sampling.gibbs_steps` times; then it is decoded.

        prior        "normal" or a fitted one; None takes the recipe's
        temperature  scales the prior's spread: 0 is its centre, 1 its own, above 1 is bolder
        Raises `InputError`.
        """
        return self.decode(self.sample_codes(count, seed, prior, temperature))

    def sample_codes(
        self, count: int, seed: int = 0, prior: str | None = None, temperature: float = 1.0
    ) -> Tensor:
        """The latent codes float32 (count, D) of `sample`'s images. Raises `InputError`."""
        found = self.check_sampling(count, prior, [temperature])
        return self._gibbs(found.sample(count, generator_of(seed), temperature), found)

    def sample_at(
        self, temperatures: list[float], count: int, seed: int = 0, prior: str | None = None
    ) -> Tensor:
        """What `sample` gives at each temperature: float32 (T, count, C, H, W).

        Raises `InputError`, also for no temperature at all.
        """
        if not isinstance(temperatures, Iterable) or not (temperatures := list(temperatures)):
            raise InputError(f"temperatures must be a list of numbers, got {temperatures!r}")
        found = self.check_sampling(count, prior, temperatures)
        codes = found.sample_at(temperatures, count, generator_of(seed)).flatten(0, 1)
        return self.decode(self._gibbs(codes, found)).unflatten(0, (len(temperatures), count))

    def _gibbs(self, codes: Tensor, prior: Prior) -> Tensor:
        """A fitted prior's codes (N, D), decoded and encoded again `sampling.gibbs_steps` times.

        Each step brings them nearer to the codes of images: pseudo-Gibbs sampling (Rezende et al.
        2014; Bengio et al. 2013 for autoencoders). N(0, I) stays as drawn, as the reports had it,
        and so does every prior of a model whose steps would collapse its codes.
        """
        for _ in range(self.gibbs_steps(prior.name)):
            codes = self.encode(self.decode(codes), fast=True)
        return codes

    def gibbs_steps(self, prior: str) -> int:
        """How many Gibbs steps a prior's codes take.

        None where they would draw the codes together, as a decoder does that hardly minds its
        codes: one that is not trained yet, or that has collapsed.
        """
        steps = self.recipe.sampling.gibbs_steps
        if not steps or prior == StandardNormal.name:
            return 0
        # Known until the prior is fitted again or training moves the weights, which counts up.
        moves = sum(parameter._version for parameter in self.parameters())
        fitted = self.priors[prior]
        if self._keeps_spread.get(prior, ())[:2] != (fitted, moves):
            before = fitted.sample(PROBED, generator_of(0))
            after = self.encode(self.decode(before), fast=True)
            keeps = bool(_spread(after) > COLLAPSE * _spread(before))
            self._keeps_spread[prior] = fitted, moves, keeps
        return steps if self._keeps_spread[prior][2] else 0

    @property
    def default_prior(self) -> str:
        """The recipe's prior."""
        return self.recipe.sampling.prior

    @property
    def fitted_prior(self) -> str | None:
        """The prior that is compared with N(0, I); None for a model whose own that is.

        An autoencoder's that samples from N(0, I) is the first one that was fitted to its codes.
        """
        if self.default_prior in self.priors and self.default_prior != StandardNormal.name:
            return self.default_prior
        fitted = [name for name in self.priors if name != StandardNormal.name]
        return fitted[0] if fitted and not self.needs_inversion else None

    @property
    def parameter_count(self) -> int:
        """How many numbers training adjusts."""
        return sum(parameter.numel() for parameter in self.parameters())

    # --- checks ----------------------------------------------------------------------------------

    def check_images(self, images: Tensor) -> Tensor:
        """Images as float32 in [0, 1] if their shape is the model's. Raises `InputError`."""
        images = as_images(images)
        if tuple(images.shape[1:]) != self.image_shape:
            raise InputError(
                f"this model takes images of shape {self.image_shape} (channels, height, width), "
                f"got {tuple(images.shape[1:])}: load them with image_size={self.image_shape[1]}, "
                f"channels={self.image_shape[0]}"
            )
        return images

    def check_sampling(self, count: int, prior: str | None, temperatures: list[float]) -> Prior:
        """The prior to sample from. Raises `InputError` if what is asked of it makes no sense."""
        check_whole("count", count, 1, MAX_IMAGES)
        for temperature in temperatures:
            check_number("temperature", temperature, 0, MAX_TEMPERATURE)
        prior = self.default_prior if prior is None else prior
        if isinstance(prior, str) and prior in self.priors:
            return self.priors[prior]
        known = f"choose from {', '.join(self.priors)}"
        if isinstance(prior, str) and prior in PRIORS:
            raise InputError(
                f"the prior {prior} of this {self.family} is not fitted: {known}, train with it "
                f"among sampling.priors, or add it to model.priors by fit_priors"
            )
        raise InputError(f"this {self.family} has no prior {prior!r}: {known}")

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


def _spread(codes: Tensor) -> Tensor:
    """The median distance of codes (N, D) from their middle, which one far out does not change."""
    return (codes - codes.median(0).values).norm(dim=1).median()
