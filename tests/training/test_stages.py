from __future__ import annotations

import pytest

from ballgen.recipes import get_recipe
from ballgen.training.stages import plan_steps, training_stage
from tests.helpers.tiny import tiny_balls, tiny_model


@pytest.mark.parametrize("share", (0.3, 0.5, 0.999))
def test_the_stages_leave_no_step_out(share):
    recipe = get_recipe("ae").changed({"share": share})
    for steps in range(1, 40):
        first, second = plan_steps(recipe, steps)
        assert first + second == steps
        assert abs(second - share * steps) <= 0.5


def test_without_fine_tuning_there_is_one_stage():
    assert plan_steps(get_recipe("gan"), 8) == [8]
    assert plan_steps(get_recipe("lab4-ae"), 8) == [8]


def test_the_first_stage_trains_all_networks():
    model = tiny_model("gan", tiny_balls(8))
    stage = training_stage(model)
    assert [group.name for group in stage.groups] == ["discriminator", "generator", "encoder"]
    assert all(group.optimizer == model.recipe.optimizer for group in stage.groups)
