from __future__ import annotations

import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from ballgen.models import losses


@pytest.fixture
def pair() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(5, 3, 8, 8, generator=generator)
    y = (x + 0.1 * torch.randn(x.shape, generator=generator)).clamp(0.01, 0.99)
    return y, x


def test_bce_is_summed_over_pixels_and_averaged_over_images(pair):
    y, x = pair
    by_hand = -(x * y.log() + (1 - x) * (1 - y).log()).sum((1, 2, 3)).mean()
    assert losses.bce(y, x) == pytest.approx(by_hand.item(), rel=1e-5)


def test_sigma_nll_is_the_gaussian_likelihood_at_its_best_width(pair):
    y, x = pair
    best = (y - x).square().mean().sqrt()
    constant = 0.5 * math.log(2 * math.pi)

    def nll(sigma: torch.Tensor) -> float:
        return -(Normal(y, sigma).log_prob(x) + constant).sum().item() / len(x)

    assert losses.sigma_nll(y, x).item() == pytest.approx(nll(best), rel=1e-3)
    assert nll(best) < min(nll(0.9 * best), nll(1.1 * best))


def test_sigma_nll_stays_finite_where_nothing_is_wrong(pair):
    _, x = pair
    y = x.clone().requires_grad_()
    loss = losses.sigma_nll(y, x)
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(y.grad).all()


def test_kl_agrees_with_torch():
    generator = torch.Generator().manual_seed(1)
    mean = torch.randn(7, 4, generator=generator)
    log_variance = torch.randn(7, 4, generator=generator)
    oracle = kl_divergence(Normal(mean, (0.5 * log_variance).exp()), Normal(0.0, 1.0))
    assert losses.kl_to_standard_normal(mean, log_variance).item() == pytest.approx(
        oracle.sum(1).mean().item(), rel=1e-5
    )


def test_adversarial_losses_reward_the_right_side():
    sure, unsure = torch.full((4,), 3.0), torch.zeros(4)
    right = losses.discriminator_loss(sure, -sure)
    assert right < losses.discriminator_loss(unsure, unsure)
    assert losses.generator_loss(sure) < losses.generator_loss(unsure)
    # Undecided, the loss is 2 log 2 for the discriminator and log 2 for the generator.
    assert losses.discriminator_loss(unsure, unsure).item() == pytest.approx(2 * math.log(2))
    assert losses.generator_loss(unsure).item() == pytest.approx(math.log(2))


def test_r1_penalty_of_a_linear_discriminator_is_half_its_squared_slope():
    slope = torch.arange(12.0).view(1, 3, 2, 2)
    images = torch.rand(6, 3, 2, 2).requires_grad_()
    logits = (images * slope).sum((1, 2, 3))
    expected = 0.5 * slope.square().sum().item()
    assert losses.r1_penalty(logits, images).item() == pytest.approx(expected, rel=1e-5)
