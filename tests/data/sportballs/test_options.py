"""Orientations, several balls, backgrounds."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from ballgen.data.sportballs.factors import (
    CLASS_NAMES,
    FACTOR_NAMES,
    BallSettings,
    draw_factors,
    factor_names,
)
from ballgen.data.sportballs.render import draw_balls
from ballgen.data.sportballs.sets import make_balls
from ballgen.errors import InputError
from tests.helpers.drawn import ALL_64, box, ink, one


def test_full_rotation() -> None:
    settings = BallSettings(classes=("bowling",), rotation="full")
    assert factor_names(settings) == FACTOR_NAMES + ("tilt deg", "spin deg")
    row = [0, 16, 16, 21, 40]
    front, tilted, behind = draw_balls(
        torch.tensor([row + [0, 0], row + [30, 0], row + [0, 180]]), settings
    ).long()
    assert torch.equal(front, one("bowling", *row[1:]))
    holes = [int((image.amax(dim=0) < 60).sum()) for image in (front, tilted, behind)]
    assert holes[0] > 8 and holes[1] > 8 and holes[2] == 0
    assert not torch.equal(front, tilted)


def test_flat_icons_have_the_factors_of_the_balls_and_no_light() -> None:
    flat, lit = (make_balls(60, settings=replace(ALL_64, style=style)) for style in ("flat", "lit"))
    assert (flat.name, lit.name) == ("sportballs-flat", "sportballs")
    assert torch.equal(flat.factors, lit.factors)
    for icon, ball in zip(flat.pixels, lit.pixels, strict=True):
        assert box(ink(icon)) == box(ink(ball))  # as large and at the same place
    settings = BallSettings(64, ("cricket",), style="flat")
    rows = torch.tensor([[0, 32.0, 32, 50, 0], [0, 32, 32, 50, 90]])
    icon, turned = draw_balls(rows, settings).int()
    _, counts = icon.flatten(1).unique(dim=1, return_counts=True)
    assert counts.topk(4).values.sum() > 0.8 * counts.sum()  # white, red, its lines, its rim
    assert (turned.rot90(-1, (1, 2)) - icon).abs().float().mean() < 1


def test_flat_icons_cannot_be_seen_from_behind() -> None:
    with pytest.raises(InputError, match="one side: choose rotation 'plane' or style 'lit'"):
        BallSettings(rotation="full", style="flat")
    with pytest.raises(InputError, match="style 'bumpy' is unknown: choose from lit, flat"):
        BallSettings(style="bumpy")


def test_a_long_ball_is_round_from_its_end() -> None:
    settings = BallSettings(classes=("rugby",), rotation="full")
    rows = torch.tensor([[0, 16.0, 16, 20, 0, 0, 90], [0, 16, 16, 20, 0, 0, 0]])
    end_on, side_on = draw_balls(rows, settings)
    left, top, right, bottom = box(ink(end_on))
    assert right - left == bottom - top == pytest.approx(20 * 0.68, abs=1)
    assert box(ink(side_on))[2] - box(ink(side_on))[0] == 20


def test_orientations_are_uniform() -> None:
    factors = draw_factors(20_000, settings=BallSettings(rotation="full"))
    tilt, spin = factors[:, 5], factors[:, 6]
    sines = torch.sin(torch.deg2rad(tilt))
    counts = torch.histc(sines, bins=8, min=-1, max=1) / len(sines)
    assert (counts - 1 / 8).abs().max() < 0.012
    assert spin.unique().tolist() == list(range(360))
    assert tilt.min() >= -90 and tilt.max() <= 90


def test_several_balls() -> None:
    settings = BallSettings(image_size=64, balls=3, classes=CLASS_NAMES)
    some = make_balls(400, settings=settings)
    assert some.object_labels.shape == (400, 3)
    assert torch.equal(some.object_labels[:, 0], some.labels)
    assert some.factor_names[:5] == FACTOR_NAMES
    assert some.factor_names[5:7] == ("ball 2 class", "ball 2 x px")
    assert some.factors.shape == (400, 15)
    # The first ball lies in front: its middle is what it would be alone.
    alone = draw_balls(some.factors[:, :5], ALL_64)
    for row in range(50):
        x, y = (int(value) for value in some.factors[row, 1:3])
        assert torch.equal(some.pixels[row, :, y, x], alone[row, :, y, x])
    assert len(some.object_labels.flatten().unique()) == len(CLASS_NAMES)


def test_several_balls_keep_apart_where_they_can() -> None:
    factors = draw_factors(2_000, settings=BallSettings(balls=2))
    x, y, diameter = (factors[:, [column, column + 5]] for column in (1, 2, 3))
    assert (x + diameter / 2).max() <= 32

    def touching(shift: int) -> float:
        """Share of images whose balls touch, the second one taken from `shift` rows away."""
        across, down, room = x.clone(), y.clone(), diameter.clone()
        for column in (across, down, room):
            column[:, 1] = column[:, 1].roll(shift)
        apart = torch.hypot(across[:, 0] - across[:, 1], down[:, 0] - down[:, 1])
        return float((apart < room.mean(dim=1)).float().mean())

    assert touching(0) < touching(1) - 0.1


@pytest.mark.parametrize("background", ["colour", "texture"])
def test_backgrounds(background: str) -> None:
    settings = BallSettings(background=background)
    some = make_balls(64, settings=settings)
    assert some.factor_names == FACTOR_NAMES + ("background",)
    numbers = some.factors[:, -1]
    assert torch.equal(numbers, numbers.floor()) and len(numbers.unique()) > 60
    away = some.factors.clone()
    away[:, 1:3] = 99
    empty = draw_balls(away, settings).float()
    spread = empty.flatten(2).std(dim=2).mean(dim=1)
    assert (spread == 0).all() if background == "colour" else (spread > 3).float().mean() > 0.9
    assert empty.mean(dim=(2, 3)).std(dim=0).min() > 20
    white = draw_balls(some.factors[:, :5])
    for row, (_, x, y, *_) in enumerate(some.factors.tolist()):
        middle = (row, slice(None), int(y), int(x))
        assert torch.equal(some.pixels[middle], white[middle])
