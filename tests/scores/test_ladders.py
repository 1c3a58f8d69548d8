from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from ballgen.data.sportballs.sets import make_balls
from ballgen.errors import InputError
from ballgen.scores import ladders
from ballgen.scores.ladders import LADDERS, PASSED, check_scores
from ballgen.util.seeds import generator_of


@pytest.fixture(scope="module")
def balls():
    return make_balls(240, "test")


@pytest.fixture(scope="module")
def reference():
    return make_balls(1000, "train")


@pytest.mark.parametrize("name", LADDERS)
def test_a_ladder_begins_with_the_images_themselves_and_ends_far_from_them(balls, name):
    steps = LADDERS[name](balls, generator_of(0))
    clean = balls.images()
    assert torch.equal(steps[0], clean)
    assert all(step.shape[1:] == clean.shape[1:] for step in steps)
    assert all(step.min() >= 0 and step.max() <= 1 for step in steps)
    if name != "classes left out":
        away = [float((step - clean).abs().mean()) for step in steps]
        assert away == sorted(away) and away[-1] > 0.02


def test_of_shuffled_patches_every_one_is_still_there(balls):
    first = balls.images()[:5]
    shuffled = ladders._shuffled(first, 16, seed=1)
    assert not torch.equal(shuffled, first)
    assert torch.equal(shuffled.flatten(1).sort().values, first.flatten(1).sort().values)


def test_classes_are_left_out_one_by_one(balls):
    steps = LADDERS["classes left out"](balls, generator_of(0))
    counts = [len(step) for step in steps]
    assert len(counts) == 3  # of four classes two are left
    assert counts == sorted(counts, reverse=True) and counts[0] == len(balls)


def test_a_score_that_sees_damage_passes_and_a_blind_one_does_not(reference, balls, monkeypatch):
    monkeypatch.setattr(ladders, "SCORES", {"kid": ladders.SCORES["kid"], "blind": blind})
    taus = [found["random"] for found in check_scores(reference, balls, ["random"]).values()]
    assert sum(one["kid"] >= PASSED for one in taus) >= len(taus) - 1
    assert sum(one["blind"] >= PASSED for one in taus) <= 1


def blind(real: torch.Tensor, others: torch.Tensor) -> float:
    """Some number that has nothing to do with damage."""
    return float(others.double().sum() * 1e6 % 1)


def test_too_few_images_are_refused(balls):
    with pytest.raises(InputError, match=r"ladders need 100 images, the test images .* are 60"):
        check_scores(balls, balls.subset(slice(60)), ["random"])


def test_gray_images_have_ladders_too(balls):
    gray = replace(balls, pixels=balls.pixels[:, :1])
    assert check_scores(gray, gray, ["random"])["JPEG"]["random"]["kid"] > 0
