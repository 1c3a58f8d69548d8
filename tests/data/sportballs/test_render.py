"""Every factor is seen in the image, and every class in its own."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ballgen.data.sportballs.factors import CLASS_NAMES, BallSettings
from ballgen.data.sportballs.render import draw_balls
from ballgen.data.sportballs.textures import SKINS
from tests.helpers.drawn import ALL, box, coverage, ink, one


@pytest.mark.parametrize("name", CLASS_NAMES)
@pytest.mark.parametrize(
    ("x", "y", "diameter"), [(6, 25, 12), (17.5, 13.5, 21), (15.3, 18.8, 16.4)]
)
def test_place_and_size(name: str, x: float, y: float, diameter: float) -> None:
    left, top, right, bottom = box(ink(one(name, x, y, diameter)))
    height = diameter * SKINS[name].radii[1]
    assert (left + right) / 2 == pytest.approx(x, abs=0.75)
    assert (top + bottom) / 2 == pytest.approx(y, abs=0.75)
    assert right - left == pytest.approx(diameter, abs=1.01)
    assert bottom - top == pytest.approx(height, abs=1.51)


@pytest.mark.parametrize("name", ["golf", "billiard", "american_football"])
def test_edges_are_antialiased(name: str) -> None:
    cover = coverage(name, 15.7, 16.2, 20)
    _, b, c = SKINS[name].radii
    assert b == c
    assert float(cover.sum()) == pytest.approx(np.pi * 100 * b, rel=0.02)
    assert ((cover > 0.15) & (cover < 0.85)).sum() > 20
    assert float(cover[16, 16]) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("name", CLASS_NAMES)
def test_angle_turns_counter_clockwise(name: str) -> None:
    images = torch.stack([one(name, 32, 32, 56, angle, size=64) for angle in range(0, 360, 30)])
    skins = images - images.double().mean(dim=0)  # without the light, which does not turn
    apart = [
        float((skins[3] - torch.rot90(skins[0], quarters, (1, 2))).abs().mean())
        for quarters in range(4)
    ]
    assert min(apart) == apart[1]
    assert torch.equal(images[3], one(name, 32, 32, 56, 450, size=64))


@pytest.mark.parametrize("name", CLASS_NAMES)
def test_light_stays_upper_left(name: str) -> None:
    turns = torch.stack([one(name, 16, 16, 24, angle) for angle in range(0, 360, 10)])
    mean = turns.float().mean(dim=(0, 1))
    upper_left, lower_right = mean[8:16, 8:16].mean(), mean[16:24, 16:24].mean()
    assert upper_left > lower_right + 12


def test_ball_may_leave_the_image() -> None:
    assert one("golf", -3, 16, 4).eq(255).all()
    assert one("billiard", 16, 16, 0).eq(255).all()
    assert ink(one("basketball", 16, 16, 200)).all()
    half = ink(one("billiard", 0, 16, 20))
    assert box(half)[0] == 0 and box(half)[2] == 10


def test_white_balls_stand_out_from_white() -> None:
    for name in ("golf", "baseball", "rugby", "soccerball"):
        image = one(name, 16, 16, 21)
        cover = coverage(name, 16, 16, 21)
        rim = (cover > 0.9) & (torch.nn.functional.avg_pool2d(cover[None], 3, 1, 1)[0] < 0.9)
        assert image.double().mean(dim=0)[rim].max() < 240, name  # also on the lit side


@pytest.mark.parametrize("diameter", [12, 16, 21])
def test_classes_are_told_apart_by_their_mean_images(diameter: float) -> None:
    angles = torch.arange(0, 360, 5.0)
    rows = torch.tensor([[k, 16, 16, diameter, 0] for k in range(len(CLASS_NAMES))])
    rows = rows.repeat_interleave(len(angles), 0)
    rows[:, 4] = angles.repeat(len(CLASS_NAMES))
    images = draw_balls(rows, ALL).float().reshape(len(CLASS_NAMES), len(angles), -1)
    means = images[:, ::2].mean(dim=1)
    nearest = torch.cdist(images[:, 1::2].reshape(-1, means.shape[1]), means).argmin(dim=1)
    truth = torch.arange(len(CLASS_NAMES)).repeat_interleave(len(angles) // 2)
    assert (nearest == truth).float().mean() > 0.97


def test_skins_are_alike_on_all_sides() -> None:
    """Dimples are as many and as dark at the pole of the skin's map as at its fold."""
    settings = BallSettings(image_size=128, classes=("golf",), rotation="full")
    front, above = draw_balls(
        torch.tensor([[0, 64.0, 64, 100, 0, 0, 0], [0, 64, 64, 100, 0, 90, 0]]), settings
    ).float()
    inner = slice(34, 94)
    assert front[:, inner, inner].mean() == pytest.approx(
        float(above[:, inner, inner].mean()), abs=3
    )
    assert front[:, inner, inner].std() == pytest.approx(float(above[:, inner, inner].std()), abs=3)
