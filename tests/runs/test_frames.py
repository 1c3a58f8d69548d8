"""What a run keeps for its film."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch

from ballgen.runs.frames import (
    frame_epochs,
    newest_plane,
    read_fixed_images,
    read_frame,
    write_fixed_images,
    write_frame,
)
from tests.helpers.tiny import tiny_balls, tiny_model


def test_fixed_images_are_read_as_written(tmp_path):
    balls = tiny_balls(40, "test")
    write_fixed_images(tmp_path, balls)
    fixed = read_fixed_images(tmp_path)
    assert fixed.image_shape == balls.image_shape
    assert fixed.class_names == balls.class_names
    assert list(fixed.classes) == [balls.class_names[label] for label in balls.labels]


@pytest.mark.parametrize("name", ["vae", "gan"])
def test_a_single_test_image_makes_a_film_too(tmp_path, name):
    balls = tiny_balls(8, "test")
    one = balls.subset(torch.tensor([0]))
    write_fixed_images(tmp_path, one)
    write_frame(tmp_path, 1, tiny_model(name, balls), one, seed=0)
    assert frame_epochs(tmp_path) == [1] and read_fixed_images(tmp_path).samples == 1
    assert len(read_frame(tmp_path, 1).codes) == 1


def test_a_map_does_not_flip_as_the_codes_turn():
    flat = np.random.default_rng(0).normal(size=(64, 2)) * (4.0, 1.0)
    turns = []
    for angle in np.linspace(0, 2 * math.pi, 41):
        cosine, sine = math.cos(angle), math.sin(angle)
        turns.append((flat @ np.array([[cosine, sine], [-sine, cosine]])).astype(np.float32))
    planes = [newest_plane(turns[: count + 1]).components for count in range(len(turns))]
    # A turn by 9°, and no mirror image, from each epoch to the next.
    for before, after in pairwise(planes):
        assert ((before * after).sum(1) > 0.9).all()
