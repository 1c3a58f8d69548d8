"""What a run keeps for its film."""

from __future__ import annotations

from ballgen.runs.frames import NAMES, read_probes, write_probes
from tests.tiny import tiny_balls


def test_probes_are_read_as_written_and_those_of_older_runs_too(tmp_path):
    balls = tiny_balls(40, "test")
    write_probes(tmp_path, balls)
    probes = read_probes(tmp_path)
    assert probes.image_shape == balls.image_shape
    assert probes.class_names == balls.class_names
    assert list(probes.classes) == [balls.class_names[label] for label in balls.labels]
    (tmp_path / NAMES).unlink()
    assert read_probes(tmp_path).class_names == tuple(sorted(balls.class_names))
