from __future__ import annotations

import pytest
import torch

from ballgen.scores.copying import closer_than_held_out, distances_to_nearest
from ballgen.ui.compare.copies import HELD_OUT_PER_SAMPLE, Copies
from ballgen.util.neighbours import nearest_neighbours


def copies_of(samples: torch.Tensor, held_out: torch.Tensor, learned: torch.Tensor) -> Copies:
    found = nearest_neighbours(samples, learned)
    distances, others = found.distances[:, 0], distances_to_nearest(held_out, learned)
    return Copies(found.indices[:, 0], distances, others, closer_than_held_out(distances, others))


def points(count: int, seed: int) -> torch.Tensor:
    return torch.randn(count, 4, generator=torch.Generator().manual_seed(seed))


def test_a_copy_among_new_images_is_found():
    learned, new = points(200, 0), points(300, 1)
    samples = points(12, 2)
    samples[7] = learned[31]
    copies = copies_of(samples, new, learned)
    assert copies.numbers[7] == 31
    assert copies.suspects.nonzero().flatten().tolist() == [7]
    assert copies.as_near[7] == 0
    assert copies.verdict().startswith("Evidence of copying: 1 of 12 lies nearer")


def test_new_images_raise_the_alarm_in_one_view_of_twenty():
    learned, alarms, views = points(60, 0), 0, 400
    for view in range(views):
        drawn = points(4 * (1 + HELD_OUT_PER_SAMPLE), view + 1)
        copies = copies_of(drawn[:4], drawn[4:], learned)
        assert copies.calibrated
        alarms += bool(copies.suspects.any())
    assert alarms / views == pytest.approx(0.05, abs=0.03)


def test_it_never_says_that_there_are_none():
    learned = points(50, 0)
    copies = copies_of(points(12, 1) + 5, points(12 * HELD_OUT_PER_SAMPLE, 2), learned)
    assert not copies.suspects.any()
    assert copies.verdict().startswith("No evidence of copying")
    few = copies_of(points(12, 1) + 5, points(12 * HELD_OUT_PER_SAMPLE - 1, 2), learned)
    assert "228 are needed, there are 227" in few.verdict()
