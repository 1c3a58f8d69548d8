"""The two-sample test: blind to what is equal, sure of what is not."""

from __future__ import annotations

import pytest
import torch

from ballgen.data.sportballs.sets import make_balls
from ballgen.errors import InputError
from ballgen.scores.c2st import c2st, wilson_interval


@pytest.fixture(scope="module")
def balls() -> torch.Tensor:
    return make_balls(400, "test").images()


def test_real_images_cannot_be_told_from_real_ones(balls):
    result = c2st(balls[:120], balls[120:240])
    assert result.test_count == 72
    assert result.low < 0.5 < result.high
    assert result.low < result.accuracy < result.high


def test_slightly_smoothed_images_give_themselves_away(balls):
    smoothed = torch.nn.functional.avg_pool2d(balls[200:], 3, stride=1, padding=1)
    result = c2st(balls[:200], 0.3 * smoothed + 0.7 * balls[200:])
    assert result.accuracy > 0.95


def test_noise_gives_itself_away_in_few_gray_images(balls):
    gray = balls[:60].mean(dim=1, keepdim=True)
    noise = torch.rand(gray.shape, generator=torch.Generator().manual_seed(0))
    assert c2st(gray, noise).accuracy > 0.95


def test_rounding_does_not_give_a_side_away(balls):
    """The same images, off their stored levels by less than half a level."""
    jitter = torch.rand(60, 3, 32, 32, generator=torch.Generator().manual_seed(0)) - 0.5
    result = c2st(balls[:60], balls[60:120] + 0.9 * jitter / 255)
    assert result == c2st(balls[:60], balls[60:120])


def test_same_seed_same_result_whatever_torch_did_before(balls):
    first = c2st(balls[:60], balls[60:120] * 0.98, seed=3)
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    try:
        torch.set_num_threads(3)
        torch.manual_seed(7)
        before = torch.get_rng_state()
        assert c2st(balls[:60], balls[60:120] * 0.98, seed=3) == first
        assert torch.equal(torch.get_rng_state(), before)  # and it leaves no trace
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(threads)
        torch.set_rng_state(state)


def test_unequal_counts_are_cut_so_that_guessing_earns_half(balls):
    result = c2st(balls[:350], balls[350:])
    assert result.test_count == 30
    assert result.low < 0.5 < result.high


def test_wilson_interval_by_its_formula():
    # 8 of 10 at z = 1.959964: centre (0.8 + 0.19207) / 1.38415, reach by the published formula.
    low, high = wilson_interval(8, 10)
    assert (low, high) == pytest.approx((0.49016, 0.94331), abs=1e-5)
    assert wilson_interval(10, 10)[1] == pytest.approx(1)
    assert 0.6 < wilson_interval(10, 10)[0] < 0.8


def test_bad_input_is_refused(balls):
    with pytest.raises(InputError, match="at least 50 images"):
        c2st(balls, balls[:49])
    with pytest.raises(InputError, match="one shape"):
        c2st(balls, balls[..., :16])
