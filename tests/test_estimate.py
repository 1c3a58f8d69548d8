from __future__ import annotations

from pathlib import Path

import pytest
import torch

from ballgen.estimate import expected_seconds
from ballgen.experiment import Data, Experiment
from tests.helpers.tiny import tiny_balls, tiny_recipe

DATA = Data("sportballs", tiny_balls(), tiny_balls(24, "test"))


@pytest.mark.parametrize("name", ["ae", "gan"])
def test_a_hundred_times_the_epochs_take_many_times_as_long(name, tmp_path):
    short, long = (
        expected_seconds(Experiment(tiny_recipe(name, epochs=epochs), DATA, tmp_path))
        for epochs in (100, 10_000)
    )
    assert 0 < 3 * short < long
    assert not any(Path(tmp_path).iterdir())


def test_by_the_clock_it_takes_the_minutes_and_what_comes_on_top(tmp_path):
    recipe = tiny_recipe("vae")
    assert 120 < expected_seconds(Experiment(recipe, DATA, tmp_path, minutes=2)) < 180


def test_one_step_in_all_is_enough(tmp_path):
    assert expected_seconds(Experiment(tiny_recipe("ae", epochs=1, batch_size=32), DATA, tmp_path))


def test_the_threads_are_as_before(tmp_path):
    threads = torch.get_num_threads()
    expected_seconds(Experiment(tiny_recipe("vae"), DATA, tmp_path, threads=threads + 1))
    assert torch.get_num_threads() == threads
