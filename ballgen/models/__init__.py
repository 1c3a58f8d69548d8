"""The model families. A new family is one file with a subclass of `Model` and one line here."""

import torch

from ballgen.data.imageset import check_image_size
from ballgen.errors import InputError
from ballgen.models.autoencoder import Autoencoder
from ballgen.models.base import Batch, ImageShape, Loss, Model
from ballgen.models.gan import GenerativeAdversarialNetwork
from ballgen.models.vae import VariationalAutoencoder
from ballgen.recipes import Recipe

__all__ = ["FAMILIES", "Batch", "Loss", "Model", "build_model"]

FAMILIES: dict[str, type[Model]] = {
    model.family: model
    for model in (Autoencoder, VariationalAutoencoder, GenerativeAdversarialNetwork)
}


def build_model(
    recipe: Recipe,
    image_shape: ImageShape,
    class_names: tuple[str, ...] = ("image",),
    class_shares: torch.Tensor | None = None,
    seed: int = 0,
) -> Model:
    """A fresh model of the recipe's family, initialised with `seed`. Raises `InputError`."""
    if recipe.family not in FAMILIES:
        raise InputError(f"unknown family {recipe.family!r}: choose from {', '.join(FAMILIES)}")
    channels, height, width = image_shape
    check_image_size(height)
    check_image_size(width)
    for wanted, given, name in (
        (recipe.image_size, height, "image_size"),
        (recipe.channels, channels, "channels"),
    ):
        if wanted and wanted != given:
            raise InputError(f"recipe {recipe.name} wants {name} {wanted}, the images have {given}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = FAMILIES[recipe.family](recipe, image_shape, class_names, class_shares)
    # Convolutions take a quarter to a half less time so, in float32 and in bfloat16.
    return model.to(memory_format=torch.channels_last)
