from __future__ import annotations

import pytest

from ballgen.runs.folder import Progress, RunFolder, last_duration
from ballgen.runs.registry import FINISHED, RUNNING, Run
from tests.helpers.tiny import tiny_recipe

RECIPE = tiny_recipe("ae")
ROW = {
    "name": "mine",
    "recipe": RECIPE.to_dict(),
    "source": "mnist",
    "loading": {"limit": 64, "image_size": 16},
    "state": FINISHED,
    "started_at": 100.0,
    "ended_at": 110.0,
}


def test_the_last_run_of_the_recipe_on_the_images_tells_how_long_it_took(registry):
    for number, changes in enumerate(
        (
            {"ended_at": 300.0},
            {},
            {"state": RUNNING, "ended_at": None},
            {"minutes": 3.0},
            {"source": "cifar10"},
            {"recipe": {"field of another version": 1}},
        )
    ):
        registry.add(Run(id=f"ae-{number}", created_at=float(number), **ROW | changes))
    assert last_duration(registry, RECIPE, "mnist", 64, 16) == 10


@pytest.mark.parametrize(
    ("recipe", "limit", "size"),
    [(RECIPE.changed({"epochs": 9}), 64, 16), (RECIPE, None, 16), (RECIPE, 64, 32)],
)
def test_another_recipe_limit_or_size_has_no_last_run(registry, recipe, limit, size):
    registry.add(Run(id="ae-1", **ROW))
    assert last_duration(registry, recipe, "mnist", limit, size) is None


def test_a_resumed_run_took_as_long_as_all_of_its_training(registry):
    run = registry.add(Run(id="ae-1", **ROW))
    RunFolder(registry.folder, run).write_progress(Progress(seconds=70.0))
    assert last_duration(registry, RECIPE, "mnist", 64, 16) == 70
