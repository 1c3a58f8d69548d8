from __future__ import annotations

from dataclasses import replace

import pytest

from ballgen.runs.estimate import (
    Past,
    costs_alone,
    last_alike,
    probed_rate,
    training_count,
    training_seconds,
)
from ballgen.runs.folder import RunFolder
from ballgen.runs.registry import FINISHED, Run
from tests.helpers.tiny import tiny_recipe


def test_recipes_whose_steps_cost_the_same_are_alike():
    recipe = tiny_recipe("vae")
    assert costs_alone(recipe) == costs_alone(replace(recipe, epochs=9, learning_rate=0.1))
    assert costs_alone(recipe) != costs_alone(replace(recipe, width=8))


def test_the_last_run_of_its_kind_tells_the_speed(registry):
    recipe = tiny_recipe("ae")
    row = {"recipe": recipe.to_dict(), "loading": {"image_size": 16}, "state": FINISHED}
    row |= {"started_at": 100.0, "ended_at": 110.0}
    run = registry.add(Run(id="a", name="a", source="mnist", **row))
    RunFolder(registry.folder, run).write_history([{"epoch": 1, "images": 600, "seconds": 3.0}])
    foreign = row | {"recipe": {"field of another version": 1}}
    registry.add(Run(id="b", name="b", source="mnist", created_at=run.created_at + 1, **foreign))
    assert last_alike(registry, replace(recipe, epochs=7), "mnist", 16) == Past(200, rest=7)
    assert last_alike(registry, replace(recipe, priors=()), "mnist", 16) == Past(200, rest=None)
    assert last_alike(registry, recipe, "sportballs", 16) is None
    assert last_alike(registry, recipe, "mnist", 32) is None
    assert last_alike(registry, replace(recipe, width=5), "mnist", 16) is None


def test_a_resumed_run_does_not_tell_what_came_beside_its_training(registry):
    recipe = tiny_recipe("ae")
    row = {"recipe": recipe.to_dict(), "state": FINISHED, "started_at": 100.0, "ended_at": 120.0}
    run = registry.add(
        Run(id="a", name="a", source="mnist", created_at=10.0, queued_at=99.0, **row)
    )
    RunFolder(registry.folder, run).write_history([{"epoch": 1, "images": 600, "seconds": 3.0}])
    assert last_alike(registry, recipe, "mnist", None) == Past(200, rest=None)


def test_whole_batches_are_paid_for():
    recipe = tiny_recipe("ae", batch_size=8, epochs=3)
    assert training_seconds(recipe, 20, rate=24) == 3
    assert training_seconds(recipe, 4, rate=24) == 0.5


def test_what_an_epoch_holds():
    assert training_count("sportballs", None) == 20_000
    assert training_count("mnist", 100) == 100
    assert training_count("some/folder", None) is None


@pytest.mark.parametrize("name", ["vae", "lab4-gan"])
def test_a_wider_network_is_probed_slower(name):
    def rate(width: int) -> float:
        """The best of three: what else runs on the machine only ever slows a probe."""
        recipe = tiny_recipe(name, width=width)
        return max(probed_rate(recipe, (3, 32, 32)) for _ in range(3))

    assert rate(4) > 1.5 * rate(64) > 0
