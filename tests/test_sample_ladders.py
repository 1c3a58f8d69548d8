"""Samples of a small autoencoder, in the order that is known."""

from __future__ import annotations

import pytest
import torch

from ballgen import sample_ladders as ladders
from ballgen.data.sportballs.factors import BallSettings
from ballgen.data.sportballs.sets import make_balls
from ballgen.priors import LatentFlow


@pytest.fixture
def quick(monkeypatch):
    """Two epochs of a narrow network."""
    changes = {"network.width": 4, "training.epochs": 2, "network.latent_dim": 4}
    monkeypatch.setattr(ladders, "RECIPE", ladders.RECIPE.changed(changes))
    monkeypatch.setattr(ladders, "EPOCHS", (2, 1))
    monkeypatch.setattr(ladders, "LatentFlow", lambda **_: LatentFlow(width=8, steps=5))


def test_samples_are_kept_after_the_epochs_and_of_every_prior(quick):
    train, test = make_balls(200, "train"), make_balls(201, "test")
    real, images, found = ladders.sample_ladders(train, test)
    assert list(found) == ["epochs, mixture", "N(0, I) and mixture", "epochs, flow",
                           "N(0, I) and flow"]  # fmt: skip
    assert (len(real), len(images)) == (101, 7 * 100)
    where = [(test.images() == image).flatten(1).all(1).nonzero().item() for image in real]
    assert len(set(where)) == 101 and 40 < sum(row < 101 for row in where) < 65  # not as they stood
    others = images[:100]
    assert not any((image == real).flatten(1).all(1).any() for image in others)
    steps = {name: [images[rows] for (rows,) in draws] for name, draws in found.items()}
    for prior in ("mixture", "flow"):
        first, *epochs = steps[f"epochs, {prior}"]
        undamaged, reconstructions, fitted, normal = steps[f"N(0, I) and {prior}"]
        assert torch.equal(first, others) and torch.equal(undamaged, others)
        assert torch.equal(fitted, epochs[0])
        made = [*epochs, reconstructions, normal]
        assert all(step.shape == others.shape for step in made)
        assert len({float(step.sum()) for step in made}) == len(made)


def test_larger_images_are_made_smaller(quick):
    large = make_balls(200, settings=BallSettings(64))
    real, images, _ = ladders.sample_ladders(large, large)
    assert real.shape[1:] == (3, 32, 32) == images.shape[1:]
