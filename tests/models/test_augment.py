from __future__ import annotations

import pytest
import torch

from ballgen.models.augment import augment


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_none_changes_nothing():
    images = torch.rand(3, 3, 16, 16)
    assert augment("none", images, 0.1, generator()) is images


def test_translation_moves_each_picture_whole_within_its_reach():
    images = torch.zeros(64, 1, 16, 16)
    images[:, :, 8, 8] = 1
    moved = augment("translation", images, 0.125, generator())
    assert torch.equal(moved.sum((1, 2, 3)), torch.ones(64))  # the one bright pixel is still there
    rows, columns = moved.nonzero()[:, 2] - 8, moved.nonzero()[:, 3] - 8
    assert set(rows.tolist()) == set(columns.tolist()) == set(range(-2, 3))


@pytest.mark.parametrize("kind", ["translation", "diffaugment"])
def test_gradients_pass_and_the_seed_decides(kind):
    images = torch.rand(4, 3, 16, 16, requires_grad=True)
    once, again = (augment(kind, images, 0.125, generator(1)) for _ in range(2))
    assert torch.equal(once, again)
    assert not torch.equal(once, augment(kind, images, 0.125, generator(2)))
    once.sum().backward()
    assert images.grad.abs().sum() > 0
