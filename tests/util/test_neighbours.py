from __future__ import annotations

import pytest
import torch

from ballgen.errors import InputError
from ballgen.util import neighbours
from ballgen.util.neighbours import nearest_neighbours


def random(*shape: int, seed: int) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(params=["few", "many"], autouse=True)
def few_or_many(request, monkeypatch):
    """The same for a few points as for many."""
    if request.param == "many":
        monkeypatch.setattr(neighbours, "FEW_VALUES", 0)


def test_neighbours_are_those_found_by_hand_and_copies_are_exact():
    references, queries = random(300, 3, 8, 8, seed=0), random(70, 3, 8, 8, seed=1)
    queries[5] = references[123]
    found = nearest_neighbours(queries, references, count=4)
    assert found.indices[5, 0] == 123 and found.distances[5, 0] == 0
    by_hand = (queries[:, None] - references).double().flatten(2).norm(dim=2)
    expected = by_hand.topk(4, largest=False)
    assert torch.equal(found.indices, expected.indices)
    torch.testing.assert_close(found.distances, expected.values)


def test_small_distances_between_large_points_are_not_rounded_away():
    far = torch.full((30, 4), 1000.0)
    distances = nearest_neighbours(far + 0.01, far).distances
    assert distances[0, 0] == pytest.approx(0.02, rel=0.01)


def test_points_of_other_sizes_and_too_few_of_them_are_refused():
    with pytest.raises(InputError, match="images of one size"):
        nearest_neighbours(torch.zeros(1, 3, 8, 8), torch.zeros(1, 3, 4, 4))
    with pytest.raises(InputError, match="at least 2 references"):
        nearest_neighbours(torch.zeros(3, 4), torch.zeros(1, 4), count=2)
