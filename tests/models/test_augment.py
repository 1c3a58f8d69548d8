from __future__ import annotations

import torch

from ballgen.models.augment import translate, translate_by_share


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_no_px_change_nothing():
    images = torch.rand(3, 3, 16, 16)
    assert translate(images, generator(), 0, 0) is images


def test_each_image_moves_whole_within_its_reach():
    images = torch.zeros(64, 1, 16, 16)
    images[:, :, 8, 8] = 1
    moved = translate_by_share(images, generator(), 0.125)
    assert torch.equal(moved.sum((1, 2, 3)), torch.ones(64))  # the one bright pixel is still there
    rows, columns = moved.nonzero()[:, 2] - 8, moved.nonzero()[:, 3] - 8
    assert set(rows.tolist()) == set(columns.tolist()) == set(range(-2, 3))


def test_gradients_pass_and_the_seed_decides():
    images = torch.rand(4, 3, 16, 16, requires_grad=True)
    once, again = (translate_by_share(images, generator(1), 0.125) for _ in range(2))
    assert torch.equal(once, again)
    assert not torch.equal(once, translate_by_share(images, generator(2), 0.125))
    once.sum().backward()
    assert images.grad.abs().sum() > 0
