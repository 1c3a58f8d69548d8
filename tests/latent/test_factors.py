from __future__ import annotations

import numpy as np
import pytest
import torch

from ballgen.data.sportballs.factors import (
    CLASS_NAMES,
    FACTOR_NAMES,
    BallSettings,
    draw_factors,
)
from ballgen.data.sportballs.render import draw_balls
from ballgen.data.sportballs.sets import make_balls
from ballgen.errors import InputError
from ballgen.latent.factors import (
    SYMMETRY_ORDERS,
    FactorCorrelation,
    correlated_factors,
    known_factors,
)
from tests.helpers.tiny import tiny_balls

FACTORS = draw_factors(400, seed=3)


def noise(size: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(len(FACTORS), size, generator=torch.Generator().manual_seed(seed))


def test_a_planted_factor_is_found():
    codes = noise(4)
    codes[:, 1] = -3 * FACTORS[:, 3] + 7  # diameter, the other way round
    codes[:, 2] += 0.5 * (FACTORS[:, 1] - FACTORS[:, 1].mean())  # x, in noise
    meanings = correlated_factors(codes, FACTORS, FACTOR_NAMES)
    assert meanings[1].factor == "diameter px"
    assert meanings[1].correlation == pytest.approx(-1, abs=1e-6)
    assert str(meanings[1]) == "diameter, r = −1.00"
    assert meanings[2].factor == "x px"
    expected = torch.corrcoef(torch.stack([codes[:, 2], FACTORS[:, 1]]))[0, 1]
    assert meanings[2].correlation == pytest.approx(float(expected), abs=1e-5)


@pytest.mark.parametrize("phase", [0.0, 40.0, 200.0])
def test_an_angle_is_found_wherever_its_circle_begins(phase):
    codes = noise(2)
    codes[:, 0] = torch.deg2rad(FACTORS[:, 4] - phase).cos()
    found = correlated_factors(codes, FACTORS, FACTOR_NAMES)[0]
    assert found.factor == "angle deg"
    assert found.correlation == pytest.approx(1, abs=1e-5)
    assert str(found) == "angle, R = 1.00"


def test_a_class_is_found_though_its_numbers_have_no_order():
    codes = noise(2)
    codes[:, 1] = torch.tensor([1.0, 0.0, 1.0, 0.0])[FACTORS[:, 0].long()]
    found = correlated_factors(codes, FACTORS, FACTOR_NAMES)[1]
    assert (found.factor, str(found)) == ("class", "class, η = 1.00")


def test_noise_and_a_dead_dimension_get_no_name():
    codes = noise(2, seed=9)
    codes[:, 1] = 5
    wanted = ["no factor", "no factor"]
    assert [str(found) for found in correlated_factors(codes, FACTORS, FACTOR_NAMES)] == wanted
    assert str(FactorCorrelation("x px", 0.9)) == "x, r = 0.90"


def test_what_chance_gives_many_classes_of_few_images_is_no_finding():
    generator = torch.Generator().manual_seed(0)
    codes = torch.randn(125, 48, generator=generator)
    labels = torch.randint(13, (125, 1), generator=generator).float()
    named = [str(found) for found in correlated_factors(codes, labels, ("class",))]
    assert named.count("no factor") >= 46  # η is 0.31 on average, and over 0.15 nearly always


def test_factors_of_other_images_are_refused():
    with pytest.raises(InputError, match=r"\(400, 5\)"):
        correlated_factors(noise(2), FACTORS[:10], FACTOR_NAMES)


def test_further_balls_have_classes_and_angles_of_their_own():
    codes = noise(3)
    codes[:, 0] = torch.deg2rad(FACTORS[:, 4]).sin()
    codes[:, 1] = torch.tensor([1.0, 0.0, 1.0, 0.0])[FACTORS[:, 0].long()]
    factors = FACTORS.clone()
    factors[factors[:, 0] == 3, 0] = -1  # as where an image has no second ball
    found = correlated_factors(codes, factors, tuple(f"ball 2 {name}" for name in FACTOR_NAMES))
    assert str(found[0]) == "ball 2 angle, R = 1.00"
    assert str(found[1]) == "ball 2 class, η = 1.00"


def test_the_number_of_a_background_names_nothing():
    codes = noise(2)
    codes[:, 0] = FACTORS[:, 1]
    assert (
        correlated_factors(codes, FACTORS[:, 1:2], ("background",))
        == [FactorCorrelation("", 0.0)] * 2
    )


def drawn_symmetry(ball: str) -> int:
    """The largest order k of which 360/k degrees change the image little.

    That is by less than 0.3 of what an arbitrary turn changes it by.
    """

    def turned(angles: list[float]) -> torch.Tensor:
        rows = torch.tensor([[0, 16.0, 16.0, 21.0, angle % 360] for angle in angles])
        return draw_balls(rows, BallSettings(classes=(ball,))).double()

    first = turned([20.0])
    usual = (turned([20.0 + step for step in range(5, 360, 10)]) - first).square().mean()
    orders = range(2, 7)
    changes = (turned([20.0 + 360 / k for k in orders]) - first).square().mean((1, 2, 3))
    alike = [k for k, change in zip(orders, changes, strict=True) if change < 0.3 * usual]
    return max(alike, default=1)


@pytest.mark.parametrize("ball", CLASS_NAMES)
def test_symmetries_are_those_of_the_drawn_balls(ball):
    assert SYMMETRY_ORDERS.get(ball, 1) == drawn_symmetry(ball)


def test_the_factors_of_balls_are_those_that_vary():
    names = [factor.name for factor in known_factors(tiny_balls(60))]
    assert names == ["class", "x px", "y px", "diameter px", "angle deg"]
    one_class = make_balls(60, "train", settings=BallSettings(16, ("volleyball",)))
    found = {factor.name: factor for factor in known_factors(one_class)}
    assert "class" not in found
    angle = torch.deg2rad(one_class.factors[:, 4]).double().numpy()
    assert np.allclose(found["angle deg"].values[:, 0], np.cos(3 * angle), atol=1e-5)


def test_every_angle_counts_as_a_circle_in_its_own_balls_symmetry():
    settings = BallSettings(image_size=16, rotation="full", balls=2, background="colour")
    images = make_balls(60, settings=settings)
    known = {factor.name: factor for factor in known_factors(images)}
    assert "background" not in known and "class" in known
    for name in ("angle deg", "spin deg", "ball 2 angle deg", "ball 2 spin deg"):
        assert np.allclose(np.square(known[name].values).sum(1), 1), name
    assert known["tilt deg"].values.shape[1] == 1
    assert set(known["ball 2 class"].values.sum(1)) == {1.0}
    second = images.factors[:, images.factor_names.index("ball 2 class")]
    assert known["ball 2 angle deg"].classes.tolist() == second.long().tolist()
