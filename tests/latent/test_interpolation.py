from __future__ import annotations

import pytest
import torch

from ballgen.errors import InputError
from ballgen.latent.interpolation import (
    arithmetic,
    dimension_effects,
    direction_traversal,
    interpolate,
    interpolation_grid,
    lerp,
    slerp,
    traversal,
)


def code(seed: int, size: int = 12) -> torch.Tensor:
    return torch.randn(size, generator=torch.Generator().manual_seed(seed))


def test_a_line_is_straight_and_even():
    codes = interpolate(torch.tensor([0.0, 2.0]), torch.tensor([4.0, 0.0]), 5)
    assert torch.equal(codes, torch.tensor([[0, 2], [1, 1.5], [2, 1], [3, 0.5], [4, 0]]))


@pytest.mark.parametrize("kind", ["linear", "spherical"])
def test_a_path_hits_both_ends(kind):
    codes = interpolate(code(0), code(1), 7, kind)
    assert codes.shape == (7, 12)
    torch.testing.assert_close(codes[0], code(0))
    torch.testing.assert_close(codes[-1], code(1))


def test_an_arc_keeps_the_length_of_equally_long_ends_and_a_line_does_not():
    first, last = (code(seed) / code(seed).norm() * 5 for seed in (0, 1))
    share = torch.linspace(0, 1, 9)
    torch.testing.assert_close(slerp(first, last, share).norm(dim=1), torch.full((9,), 5.0))
    assert lerp(first, last, share).norm(dim=1).min() < 4.5


def test_an_arc_turns_evenly_and_passes_between_lengths():
    codes = slerp(torch.tensor([2.0, 0.0]), torch.tensor([0.0, 4.0]), torch.linspace(0, 1, 4))
    angles = torch.atan2(codes[:, 1], codes[:, 0]).rad2deg()
    torch.testing.assert_close(angles, torch.tensor([0.0, 30, 60, 90]))
    torch.testing.assert_close(codes.norm(dim=1), torch.tensor([2, 2 + 2 / 3, 2 + 4 / 3, 4]))


@pytest.mark.parametrize("factor", [0.0, 1.0, 2.0, -1.0])
def test_ends_in_one_line_have_no_arc_and_get_a_line(factor):
    share = torch.linspace(0, 1, 5)
    codes = slerp(code(0), factor * code(0), share)
    torch.testing.assert_close(codes, lerp(code(0), factor * code(0), share))
    assert torch.isfinite(codes).all()


@pytest.mark.parametrize("kind", ["linear", "spherical"])
def test_a_grid_hits_its_corners_and_its_edges_are_paths(kind):
    corners = torch.stack([code(seed) for seed in range(4)])
    codes = interpolation_grid(corners, 4, 6, kind)
    assert codes.shape == (4, 6, 12)
    for corner, (row, column) in zip(corners, [(0, 0), (0, 5), (3, 0), (3, 5)], strict=True):
        torch.testing.assert_close(codes[row, column], corner)
    torch.testing.assert_close(codes[0], interpolate(corners[0], corners[1], 6, kind))
    torch.testing.assert_close(codes[:, 5], interpolate(corners[1], corners[3], 4, kind))


def test_arithmetic_on_known_codes():
    minus, plus = torch.tensor([0.0, 2]), torch.tensor([20.0, 30])
    changed = arithmetic(torch.tensor([1.0, 5]), minus, plus, torch.tensor([0, 0.5, 1]))
    assert torch.equal(changed, torch.tensor([[1.0, 5], [11, 19], [21, 33]]))


def test_a_walk_moves_one_dimension_and_holds_the_others():
    codes = traversal(code(0), 3, torch.tensor([-1.0, 0, 1]))
    assert codes[:, 3].tolist() == [-1, 0, 1]
    rest = [d for d in range(12) if d != 3]
    assert torch.equal(codes[:, rest], code(0)[rest].expand(3, -1))


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda: interpolate(code(0), code(1), 1), "at least 2"),
        (lambda: interpolate(code(0), code(1), 4, "round"), "choose from linear, spherical"),
        (lambda: interpolate(code(0), code(1, 5), 4), "single codes"),
        (lambda: interpolation_grid(torch.zeros(3, 5), 2, 2), r"\(4, D\)"),
        (lambda: traversal(code(0), 12, torch.zeros(2)), "from 0 to 11, got 12"),
    ],
)
def test_what_cannot_be_is_said(attempt, words):
    with pytest.raises(InputError, match=words):
        attempt()


def test_the_walk_leads_from_the_rest_to_the_chosen():
    codes = torch.tensor([[0.0, 0.0], [2.0, 0.0], [5.0, 4.0], [7.0, 4.0]])
    chosen = torch.tensor([False, False, True, True])
    walk = direction_traversal(codes, chosen, (-0.5, 0.0, 1.0))
    assert torch.allclose(walk, torch.tensor([[-1.5, -2.0], [1.0, 0.0], [6.0, 4.0]]))


@pytest.mark.parametrize("chosen", [True, False])
def test_a_direction_needs_two_sides(chosen):
    with pytest.raises(InputError, match="some outside"):
        direction_traversal(torch.zeros(3, 2), torch.full((3,), chosen), (0.0,))


def decode(codes: torch.Tensor) -> torch.Tensor:
    """An image of 4 px: dimension 2 moves all of it, dimension 0 a pixel, dimension 1 none."""
    images = torch.zeros(len(codes), 1, 2, 2) + codes[:, 2, None, None, None]
    images[:, 0, 0, 0] += codes[:, 0]
    return images


def test_dimensions_come_in_the_order_in_which_they_move_the_picture():
    codes = torch.randn(500, 3, generator=torch.Generator().manual_seed(0))
    moved = dimension_effects(decode, codes)
    torch.testing.assert_close(moved[2], 2 * codes[:, 2].std())
    torch.testing.assert_close(moved[0], 2 * codes[:, 0].std() / 2)  # one pixel in four
    assert moved[1] == 0


def test_the_spread_of_a_dimension_counts():
    codes = torch.randn(500, 3, generator=torch.Generator().manual_seed(0))
    codes[:, 2] *= 0.01
    moved = dimension_effects(decode, codes)
    assert moved.argsort(descending=True).tolist() == [0, 2, 1]


def test_effects_need_codes_that_spread():
    with pytest.raises(InputError, match="at least 2 codes"):
        dimension_effects(decode, torch.zeros(1, 3))
