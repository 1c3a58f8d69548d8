from __future__ import annotations

import pytest
import torch

from ballgen.data.sportballs.factors import FACTOR_NAMES, draw_factors
from ballgen.errors import InputError
from ballgen.latent.dimensions import (
    FactorCorrelation,
    correlated_factors,
    dimension_effects,
    dimensions_by_effect,
)

FACTORS = draw_factors(400, seed=3)


def noise(size: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(len(FACTORS), size, generator=torch.Generator().manual_seed(seed))


def decode(codes: torch.Tensor) -> torch.Tensor:
    """A picture of 4 px: dimension 2 moves all of it, dimension 0 a pixel, dimension 1 none."""
    images = torch.zeros(len(codes), 1, 2, 2) + codes[:, 2, None, None, None]
    images[:, 0, 0, 0] += codes[:, 0]
    return images


def test_dimensions_come_in_the_order_in_which_they_move_the_picture():
    codes = torch.randn(500, 3, generator=torch.Generator().manual_seed(0))
    assert dimensions_by_effect(decode, codes) == [2, 0, 1]
    moved = dimension_effects(decode, codes)
    torch.testing.assert_close(moved[2], 2 * codes[:, 2].std())
    torch.testing.assert_close(moved[0], 2 * codes[:, 0].std() / 2)  # one pixel in four
    assert moved[1] == 0


def test_the_spread_of_a_dimension_counts():
    codes = torch.randn(500, 3, generator=torch.Generator().manual_seed(0))
    codes[:, 2] *= 0.01
    assert dimensions_by_effect(decode, codes) == [0, 2, 1]


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


def test_factors_of_other_pictures_are_refused():
    with pytest.raises(InputError, match=r"\(400, 5\)"):
        correlated_factors(noise(2), FACTORS[:10], FACTOR_NAMES)
    with pytest.raises(InputError, match="at least 2 codes"):
        dimension_effects(decode, noise(3)[:1])


def test_further_balls_have_classes_and_angles_of_their_own():
    codes = noise(3)
    codes[:, 0] = torch.deg2rad(FACTORS[:, 4]).sin()
    codes[:, 1] = torch.tensor([1.0, 0.0, 1.0, 0.0])[FACTORS[:, 0].long()]
    factors = FACTORS.clone()
    factors[factors[:, 0] == 3, 0] = -1  # as where a picture has no second ball
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
