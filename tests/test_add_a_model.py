"""CONTRIBUTING.md's five steps, taken: a family of its own, without touching the loop."""

from __future__ import annotations

from typing import ClassVar, Literal

import pytest
import torch
from torch import Tensor, nn

from ballgen.checkpoint.folder import load_model
from ballgen.experiment import Data, Experiment
from ballgen.models import FAMILIES, Batch, Loss, Model, losses
from ballgen.models.networks import ImageShape, build_decoder, build_encoder
from ballgen.recipes import RECIPE_TYPES, ConvNetwork, Recipe
from ballgen.util.settings import Part, field
from tests.helpers.tiny import tiny_balls


# Step 1: a recipe type with what the family is told, and a recipe.
class NoiseLoss(Part):
    """Squared error after noise."""

    noise: float = field(0.1, "share", "sd of the noise", ge=0)


class DenoisingRecipe(Recipe):
    """A denoising autoencoder."""

    family: Literal["denoising"] = "denoising"
    network: ConvNetwork = ConvNetwork()
    loss: NoiseLoss = NoiseLoss()


RECIPE = DenoisingRecipe(
    name="denoising",
    network={"width": 4, "latent_dim": 6},
    optimizer={"learning_rate": 5e-3},
    training={"batch_size": 8, "epochs": 40, "precision": "fp32"},
    sampling={"priors": ("gaussian",), "prior": "gaussian"},
)


# Step 2: one file with a subclass of `Model` that builds its networks.
class DenoisingAutoencoder(Model):
    """Rebuilds an image from a noisy copy of it (Vincent et al. 2008)."""

    family: ClassVar[str] = "denoising"

    def __init__(self, recipe: DenoisingRecipe, image_shape: ImageShape, *args) -> None:
        super().__init__(recipe, image_shape, *args)
        self.encoder = build_encoder(recipe.network, image_shape, recipe.network.latent_dim)
        self.decoder = build_decoder(recipe.network, image_shape)

    # Step 3: its networks and their loss.
    def networks(self) -> dict[str, list[nn.Module]]:
        return {"autoencoder": [self.encoder, self.decoder]}

    def loss(self, network: str, batch: Batch) -> Loss:
        noise = torch.randn(batch.images.shape, generator=batch.generator)
        noisy = batch.images + self.recipe.loss.noise * noise.to(batch.images)
        loss = losses.mse(self.decoder(self.encoder(noisy)), batch.images)
        return Loss(loss, {"mse": loss})

    # Step 4: images to codes and back.
    @torch.inference_mode()
    def to_codes(self, images: Tensor, fast: bool = False) -> Tensor:
        return self.encoder(images)

    def to_images(self, codes: Tensor) -> Tensor:
        return self.decoder(codes)


@pytest.fixture
def registered(monkeypatch):
    # Step 5: a line in RECIPE_TYPES and one in FAMILIES.
    monkeypatch.setitem(RECIPE_TYPES, "denoising", DenoisingRecipe)
    monkeypatch.setitem(FAMILIES, "denoising", DenoisingAutoencoder)


def test_a_new_family_trains_is_scored_saved_and_loaded(registered, tmp_path):
    data = Data("balls", tiny_balls(48), tiny_balls(24, "test"))
    checkpoint = Experiment(RECIPE, data, tmp_path).run()
    first, last = checkpoint.history[0], checkpoint.history[-1]
    assert last["mse"] < 0.5 * first["mse"]
    assert checkpoint.scores["mse"] > 0
    model = load_model(tmp_path / "denoising")
    assert isinstance(model, DenoisingAutoencoder)
    assert model.sample(3).shape == (3, 3, 16, 16)
    assert torch.equal(model.sample(3, seed=1), checkpoint.model.sample(3, seed=1))
