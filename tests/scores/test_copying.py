"""Copying: the share of samples that lie nearer."""

from __future__ import annotations

import pytest
import torch

from ballgen.errors import InputError
from ballgen.scores import copying


def test_closer_than_held_out():
    held_out = torch.tensor([1.0, 2.0, 3.0, 4.0])
    assert copying.closer_than_held_out(held_out, held_out) == 0.5
    assert copying.closer_than_held_out(torch.zeros(3), held_out) == 1
    assert copying.closer_than_held_out(torch.tensor([2.5, 9.0]), held_out) == 0.25


def test_copies_are_those_nearer_than_every_held_out_image():
    held_out = torch.tensor([2.0, 3.0, 4.0, 5.0])
    assert copying.share_of_copies(torch.tensor([0.0, 1.0, 2.0, 9.0]), held_out) == 0.5
    assert copying.share_of_copies(torch.tensor([0.0, 1.0, 2.0]), held_out, mean_image=0.5) == 1 / 3


def test_an_empty_side_is_refused():
    with pytest.raises(InputError, match="at least one sample and one real image"):
        copying.closer_than_held_out(torch.zeros(0), torch.ones(3))


def test_pixels_are_compared_in_blocks_as_floats_are(monkeypatch):
    pixels = torch.randint(0, 256, (50, 3, 4, 4), dtype=torch.uint8)
    queries = torch.rand(9, 3, 4, 4)
    whole = copying.distances_to_nearest(queries, pixels.float() / 255)
    monkeypatch.setattr("ballgen.scores.copying.BLOCK", 20)
    assert torch.equal(copying.distances_to_nearest(queries, pixels), whole)
    with pytest.raises(InputError, match="no training images"):
        copying.distances_to_nearest(queries, pixels[:0])
