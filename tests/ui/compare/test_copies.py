from __future__ import annotations

import pytest
import torch

from ballgen.scores.copying import distances_to_nearest
from ballgen.scores.verdicts import copying
from ballgen.ui.compare.data import HELD_OUT_PER_SAMPLE, Copies
from ballgen.util.neighbours import nearest_neighbours


def copies_of(samples: torch.Tensor, held_out: torch.Tensor, learned: torch.Tensor) -> Copies:
    found = nearest_neighbours(samples, learned)
    distances, others = found.distances[:, 0], distances_to_nearest(held_out, learned)
    mean = float(distances_to_nearest(learned.mean(0, keepdim=True), learned))
    return Copies(found.indices[:, 0], distances, others, mean)


def points(count: int, seed: int) -> torch.Tensor:
    return torch.randn(count, 4, generator=torch.Generator().manual_seed(seed))


def test_a_copy_among_new_images_is_found():
    learned, new = points(200, 0), points(300, 1)
    samples = points(12, 2)
    samples[7] = learned[31]
    copies = copies_of(samples, new, learned)
    assert copies.numbers[7] == 31
    assert copies.as_near[7] == 0 and copies.figures["copies"] == 1 / 12
    verdict = copying(copies.figures, "vae")
    assert verdict.outcome == "Evidence of copying"
    assert verdict.evidence.startswith("1 of 12 samples is nearer to a training image than any of")


def test_new_images_raise_the_alarm_in_one_view_of_twenty():
    learned, alarms, views = points(60, 0) + 0.5, 0, 400
    for view in range(views):
        drawn = points(4 * (1 + HELD_OUT_PER_SAMPLE), view + 1)
        copies = copies_of(drawn[:4], drawn[4:], learned)
        alarms += copying(copies.figures, "vae").outcome != "No evidence of copying"
    assert alarms / views == pytest.approx(0.05, abs=0.03)


def test_it_never_says_that_there_are_none():
    learned = points(50, 0)
    copies = copies_of(points(12, 1) + 5, points(12 * HELD_OUT_PER_SAMPLE, 2), learned)
    assert copies.figures["copies"] == 0
    assert copying(copies.figures, "vae").outcome == "No evidence of copying"


def test_what_is_blurred_lies_near_everything_and_is_no_copy():
    learned = points(200, 0)
    mush = copies_of(learned.mean(0).expand(12, -1), points(228, 2) + 5, learned)
    assert mush.figures["copies"] == 0
