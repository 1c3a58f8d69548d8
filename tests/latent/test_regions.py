from __future__ import annotations

import pytest
import torch

from ballgen.errors import InputError
from ballgen.latent.regions import direction_traversal, inside, parse_corners


def test_a_bent_region_holds_what_lies_in_it():
    horseshoe = parse_corners("0,0 6,0 6,4 4,4 4,2 2,2 2,4 0,4")
    places = torch.tensor([[1.0, 3.0], [5.0, 3.0], [3.0, 1.0], [3.0, 3.0], [7.0, 1.0], [-1.0, 1.0]])
    assert inside(places, horseshoe).tolist() == [True, True, True, False, False, False]


def test_the_direction_in_which_corners_go_round_does_not_matter():
    corners = parse_corners("0,0 2,0 1,2")
    places = torch.rand(50, 2, generator=torch.Generator().manual_seed(0)) * 3
    held = inside(places, corners)
    assert torch.equal(held, inside(places, corners[::-1]))
    assert 0 < held.sum() < 50


@pytest.mark.parametrize(
    "text", ["", "1,2", "1,2 3,4", "1,2 3,4 5", "a,b c,d e,f", "1,2 3,4 nan,0"]
)
def test_corners_that_make_no_region_are_told(text):
    with pytest.raises(InputError, match="three corners"):
        parse_corners(text)


def test_the_walk_leads_from_the_rest_to_the_chosen():
    codes = torch.tensor([[0.0, 0.0], [2.0, 0.0], [5.0, 4.0], [7.0, 4.0]])
    chosen = torch.tensor([False, False, True, True])
    walk = direction_traversal(codes, chosen, (-0.5, 0.0, 1.0))
    assert torch.allclose(walk, torch.tensor([[-1.5, -2.0], [1.0, 0.0], [6.0, 4.0]]))


@pytest.mark.parametrize("chosen", [True, False])
def test_a_direction_needs_two_sides(chosen):
    with pytest.raises(InputError, match="some outside"):
        direction_traversal(torch.zeros(3, 2), torch.full((3,), chosen), (0.0,))
