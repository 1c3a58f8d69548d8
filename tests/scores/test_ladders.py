from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from ballgen.data.sportballs.sets import make_balls
from ballgen.errors import InputError
from ballgen.scores import ladders
from ballgen.scores.ladders import LADDERS, PASSED, check_scores
from ballgen.util.checks import generator_of


@pytest.fixture(scope="module")
def balls():
    return make_balls(240, "test")


@pytest.mark.parametrize("name", LADDERS)
def test_a_ladder_begins_with_the_images_themselves_and_ends_far_from_them(balls, name):
    pool, draws = LADDERS[name](balls, generator_of(0))
    steps = [pool[rows] for rows, *_ in draws]
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


def test_every_image_is_a_shred_once(balls):
    """In a share of the draws of every step, so that no score hangs on which images they are."""
    pool, steps = LADDERS["patch-shuffled images mixed in"](balls, generator_of(0))
    assert torch.equal(steps[0][0], torch.arange(len(balls)))
    for share, draws in zip(ladders.SHREDDED[1:], steps[1:], strict=True):
        assert len(draws) == round(1 / share)
        damaged = torch.stack(draws) >= len(balls)
        assert (damaged.sum(0) == 1).all()
        assert (torch.stack(draws) % len(balls) == torch.arange(len(balls))).all()
    assert not torch.equal(pool[: len(balls)], pool[len(balls) :])


def test_classes_are_left_out_one_by_one(balls):
    _, steps = LADDERS["classes left out"](balls, generator_of(0))
    counts = [len(rows) for (rows,) in steps]
    assert len(counts) == 3  # of four classes two are left
    assert counts == sorted(counts, reverse=True) and counts[0] == len(balls)


def test_a_score_that_sees_damage_passes_and_a_blind_one_does_not(balls, monkeypatch):
    some = {name: LADDERS[name] for name in ("blur", "noise", "patches shuffled")}
    monkeypatch.setattr(ladders, "LADDERS", some)
    monkeypatch.setattr(ladders, "SCORES", {"kid": ladders.SCORES["kid"], "blind": blind})
    taus = [found["random"] for found in check_scores(balls, ["random"]).values()]
    assert all(one["kid"] >= PASSED for one in taus)
    assert sum(one["blind"] >= PASSED for one in taus) <= 1


def blind(real: torch.Tensor, others: torch.Tensor) -> float:
    """Some number that has nothing to do with damage."""
    return float(others.double().sum() * 1e6 % 1)


@pytest.mark.parametrize("seed", range(4))
def test_what_two_halves_differ_by_does_not_turn_the_order_round(balls, monkeypatch, seed):
    """Where the damaged half is brighter than the other, darkening it would look like a cure."""

    def darker(images, generator):
        return ladders.one_draw([images.images() * (1 - share) for share in (0, 0.001, 0.002)])

    monkeypatch.setattr(ladders, "LADDERS", {"darker": darker})
    monkeypatch.setattr(ladders, "SCORES", {"far": squared_difference})
    monkeypatch.setattr(ladders, "feature_extractor", lambda *_: lambda images: images)
    assert check_scores(balls, ["pixels"], seed)["darker"]["pixels"]["far"] == 1


def squared_difference(real: torch.Tensor, others: torch.Tensor) -> float:
    """Of the means."""
    return float((real.double().mean() - others.double().mean()) ** 2)


def test_ladders_made_elsewhere_are_put_in_order_and_looked_at_once(balls, monkeypatch):
    seen = []

    def extractor(name, shape, real):
        return lambda images: seen.append(len(images)) or images

    monkeypatch.setattr(ladders, "feature_extractor", extractor)
    monkeypatch.setattr(ladders, "SCORES", {"far": squared_difference})
    real = balls.images()
    images, steps = ladders.one_draw([real * 0.9, real * 0.5, real * 0.1])
    found = ladders.order_ladders(real, images, {"right": steps, "wrong": steps[::-1]}, ["pixels"])
    assert found == {"right": {"pixels": {"far": 1}}, "wrong": {"pixels": {"far": -1}}}
    assert seen == [len(real), 3 * len(real)]


def test_too_few_images_are_refused(balls):
    with pytest.raises(InputError, match=r"ladders need 200 images, the test images .* are 160"):
        check_scores(balls.subset(slice(160)), ["random"])


def test_gray_images_with_a_rare_class_have_ladders_too(balls, monkeypatch):
    some = {name: LADDERS[name] for name in ("JPEG", "classes left out")}
    monkeypatch.setattr(ladders, "LADDERS", some)
    labels = torch.where(torch.arange(len(balls)) == 7, 0, balls.labels.clamp(min=1))
    gray = replace(balls, pixels=balls.pixels[:, :1], labels=labels)
    found = check_scores(gray, ["random"])
    assert found["JPEG"]["random"]["kid"] > 0
    assert "classes left out" not in found  # two steps in the half without the rare class
