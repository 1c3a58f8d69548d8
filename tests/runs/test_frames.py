"""What a run keeps for its film."""

from __future__ import annotations

import pytest
import torch

from ballgen.runs.frames import (
    NAMES,
    frame_epochs,
    pca_basis,
    read_frame,
    read_probes,
    write_frame,
    write_probes,
)
from tests.helpers.tiny import tiny_balls, tiny_model


def test_probes_are_read_as_written_and_those_of_older_runs_too(tmp_path):
    balls = tiny_balls(40, "test")
    write_probes(tmp_path, balls)
    probes = read_probes(tmp_path)
    assert probes.image_shape == balls.image_shape
    assert probes.class_names == balls.class_names
    assert list(probes.classes) == [balls.class_names[label] for label in balls.labels]
    (tmp_path / NAMES).unlink()
    assert read_probes(tmp_path).class_names == tuple(sorted(balls.class_names))


@pytest.mark.parametrize("name", ["vae", "gan"])
def test_a_single_test_picture_makes_a_film_too(tmp_path, name):
    balls = tiny_balls(8, "test")
    one = balls.subset(torch.tensor([0]))
    write_probes(tmp_path, one)
    write_frame(tmp_path, 1, tiny_model(name, balls), one, seed=0)
    assert frame_epochs(tmp_path) == [1] and read_probes(tmp_path).samples == 1
    codes = read_frame(tmp_path, 1).codes
    assert len(codes) == 1 and pca_basis(codes)[1].shape == (codes.shape[1], 2)
