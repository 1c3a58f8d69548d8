"""The shipped feature network: what its card claims, it does on images drawn today."""

from __future__ import annotations

import json

import pytest
import torch

from ballgen.data.sportballs.factors import BallSettings
from ballgen.data.sportballs.sets import make_balls
from ballgen.data.sportballs.textures import SKINS
from ballgen.scores.balls_network import WEIGHTS, Whitening, balls_network, fit_whitening
from benchmarks.train_feature_network import (
    SHRINKAGE,
    predict,
    save_network,
    whiten_features,
)


@pytest.fixture(scope="module")
def drawn():
    return make_balls(600, "test", seed=11, settings=BallSettings(classes=tuple(SKINS)))


@pytest.fixture(scope="module")
def predictions(drawn):
    network = balls_network()
    return predict(network, network(drawn.images()))


def test_it_knows_every_class(drawn, predictions):
    assert balls_network().class_names == drawn.class_names
    right = (predictions.logits.argmax(1) == drawn.labels).float()
    assert right.mean() > 0.98
    assert min(right[drawn.labels == k].mean() for k in range(len(drawn.class_names))) > 0.9


def test_it_predicts_position_and_size_to_the_pixel(drawn, predictions):
    error = (predictions.position * 32 - drawn.factors[:, 1:4]).square().mean(0).sqrt()
    assert error.max() < 1.5  # px


def test_it_predicts_the_angle(drawn, predictions):
    """A billiard ball shows its number one way up only: the mean cosine of the error is near 1."""
    billiard = drawn.labels == drawn.class_names.index("billiard")
    angle = torch.deg2rad(drawn.factors[billiard, 4])
    read = torch.atan2(predictions.angles[billiard, 0, 1], predictions.angles[billiard, 0, 0])
    assert (angle - read).cos().mean() > 0.9


def test_it_is_small_and_its_card_is_its_own():
    card = json.loads(WEIGHTS.with_suffix(".json").read_text(encoding="utf-8"))
    assert WEIGHTS.stat().st_size == card["bytes"] <= 500_000
    assert tuple(card["classes"]) == balls_network().class_names
    assert card["parameters"] == sum(value.numel() for value in balls_network().parameters())


def test_saving_and_loading_changes_nothing(tmp_path, drawn):
    network = balls_network()
    save_network(network, tmp_path / "copy.safetensors")
    copy = balls_network(tmp_path / "copy.safetensors")
    assert torch.equal(copy(drawn.images()[:8]), network(drawn.images()[:8]))


def test_whitening_makes_features_uncorrelated():
    generator = torch.Generator().manual_seed(0)
    mix = torch.tensor([[3.0, 1.0], [0.0, 0.5]])
    features = torch.randn(4000, 2, generator=generator) @ mix + 7
    assert torch.equal(Whitening(2)(features), features)
    whitening = fit_whitening(features, SHRINKAGE)
    white = whitening(features).double()
    torch.testing.assert_close(white.mean(0), torch.zeros(2).double(), rtol=0, atol=1e-3)
    covariance, variances = torch.cov(white.T), torch.linalg.eigvalsh(torch.cov(features.T))
    shrunk = variances / (variances + SHRINKAGE * variances.mean())
    torch.testing.assert_close(
        torch.linalg.eigvalsh(covariance).float(), shrunk, rtol=1e-3, atol=1e-3
    )


def test_whitening_the_network_leaves_its_predictions(drawn):
    network = balls_network(WEIGHTS)
    before = predict(network, network(drawn.images()[:20]))
    balls_network.cache_clear()  # the copy that is changed here is nobody else's
    other = balls_network(WEIGHTS)
    balls_network.cache_clear()
    other.whitening = Whitening(other.head.in_features)
    scaled = other.head
    with torch.no_grad():  # undo the shipped whitening in the head, then whiten anew
        scaled.weight.copy_(scaled.weight @ network.whitening.matrix)
        scaled.bias -= scaled.weight @ network.whitening.mean
    whiten_features(other, drawn.images())
    after = predict(other, other(drawn.images()[:20]))
    torch.testing.assert_close(after.position, before.position, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(after.logits, before.logits, rtol=1e-2, atol=1e-2)
