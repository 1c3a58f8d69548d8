"""CONTRIBUTING.md's five steps, taken: a family of its own, without touching the loop."""

from __future__ import annotations

from typing import ClassVar

import pytest
import torch
from torch import Tensor, nn

from ballgen.checkpoint.folder import load_model
from ballgen.experiment import Data, Experiment
from ballgen.models import FAMILIES, Batch, Model, losses
from ballgen.models.autoencoder import build_decoder, build_encoder
from ballgen.recipes import Recipe
from tests.helpers.tiny import tiny_balls


# Step 1: one file with a subclass of `Model`.
class DenoisingAutoencoder(Model):
    """Rebuilds a picture from a noisy copy of it (Vincent et al. 2008)."""

    family: ClassVar[str] = "denoising"

    def __init__(self, recipe: Recipe, image_shape: tuple[int, int, int], *args) -> None:
        super().__init__(recipe, image_shape, *args)
        self.encoder = build_encoder(recipe, image_shape, recipe.latent_dim)
        self.decoder = build_decoder(recipe, image_shape)

    # Step 2: who moves, and what for.
    def players(self) -> dict[str, list[nn.Module]]:
        return {"autoencoder": [self.encoder, self.decoder]}

    def objective(self, player: str, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        noise = torch.randn(batch.images.shape, generator=batch.generator)
        noisy = batch.images + 0.1 * noise.to(batch.images)
        loss = losses.mse(self.decoder(self.encoder(noisy)), batch.images)
        return loss, {"mse": loss}

    # Step 3: images to codes and back.
    def to_codes(self, images: Tensor) -> Tensor:
        with torch.no_grad():
            return self.encoder(images)

    def to_images(self, codes: Tensor) -> Tensor:
        return self.decoder(codes)


# Step 4: a recipe.
RECIPE = Recipe(
    name="denoising",
    family="denoising",
    width=4,
    latent_dim=6,
    batch_size=8,
    epochs=40,
    learning_rate=5e-3,
    precision="fp32",
    priors=("gaussian",),
    prior="gaussian",
)


@pytest.fixture
def registered(monkeypatch):
    # Step 5: one line in FAMILIES.
    monkeypatch.setitem(FAMILIES, DenoisingAutoencoder.family, DenoisingAutoencoder)


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
