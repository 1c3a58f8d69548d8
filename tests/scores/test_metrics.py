"""Figures against torchmetrics, and against what theory expects of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from ballgen.errors import InputError
from ballgen.scores import metrics
from ballgen.util.torchvision_guard import import_torchvision


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture
def oracle():
    """torchmetrics, which imports torchvision and so needs the guard to come first."""
    import_torchvision()
    return pytest.importorskip("torchmetrics")


@pytest.fixture
def pairs(generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Images float64 (12, 3, 24, 32) and noisy copies of them."""
    images = torch.rand(12, 3, 24, 32, generator=generator, dtype=torch.float64)
    noise = torch.randn(images.shape, generator=generator)
    return images, (images + 0.1 * noise).clamp(0, 1)


class Features(torch.nn.Module):
    """Hands features through torchmetrics, which expects a network."""

    num_features = 8

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return features


def two_sides(generator: torch.Generator, count: int, shift: float = 0.0):
    real = torch.randn(count, 8, generator=generator)
    return real, torch.randn(count, 8, generator=generator) * 1.2 + shift


@pytest.mark.filterwarnings("ignore:Metric `Kernel Inception Distance`")
def test_kid_agrees_with_torchmetrics(oracle, generator):
    from torchmetrics.image.kid import KernelInceptionDistance

    real, generated = two_sides(generator, 60, shift=0.3)
    # Subsets that hold everything are the same for both libraries, whatever their random numbers.
    theirs = KernelInceptionDistance(feature=Features(), subsets=2, subset_size=60)
    theirs.update(real.double(), real=True)
    theirs.update(generated.double(), real=False)
    ours = metrics.kid(real, generated, subsets=2, subset_size=60)
    assert ours.mean == pytest.approx(float(theirs.compute()[0]), rel=1e-9)
    assert ours.sd == pytest.approx(0, abs=1e-12)


def test_kid_averages_over_subsets_and_depends_on_the_seed_alone(generator):
    real, generated = two_sides(generator, 400, shift=0.3)
    whole = metrics.squared_mmd(real, generated)
    mean, sd = metrics.kid(real, generated, subsets=200, subset_size=100)
    assert sd > 0
    assert mean == pytest.approx(whole, abs=4 * sd / 200**0.5)
    assert metrics.kid(real, generated).sd > 1e-6  # subsets of half, not of all
    assert metrics.kid(real, generated, seed=1) == metrics.kid(real, generated, seed=1)
    assert metrics.kid(real, generated, seed=1) != metrics.kid(real, generated, seed=2)


def test_kid_is_the_mean_of_its_subsets_squared_mmds(generator):
    real, generated = two_sides(generator, 700, shift=0.3)  # more than are computed at once
    drawn = torch.Generator().manual_seed(3)
    values = [
        metrics.squared_mmd(
            *(side[torch.randperm(700, generator=drawn)[:20]] for side in (real, generated))
        )
        for _ in range(5)
    ]
    mean, sd = metrics.kid(real, generated, subsets=5, subset_size=20, seed=3)
    assert (mean, sd) == pytest.approx((np.mean(values), np.std(values)), rel=1e-9)


def test_kid_is_unbiased(generator):
    values = []
    for _ in range(200):
        real = torch.randn(30, 8, generator=generator)
        generated = torch.randn(50, 8, generator=generator)
        values.append(metrics.squared_mmd(real, generated))
    error = np.std(values) / len(values) ** 0.5
    assert abs(np.mean(values)) < 4 * error
    # A biased estimator would stand at about E k(x, x) / n, far outside.
    assert 4 * error < 0.05


def test_kid_rises_with_the_distance(generator):
    real, generated = two_sides(generator, 200)
    values = [metrics.squared_mmd(real, generated + shift) for shift in (0.0, 0.2, 0.4, 0.8)]
    assert values == sorted(values)


def test_fid_agrees_with_torchmetrics(oracle, generator):
    from torchmetrics.image.fid import FrechetInceptionDistance

    real, generated = two_sides(generator, 300, shift=0.5)
    theirs = FrechetInceptionDistance(feature=Features())
    theirs.set_dtype(torch.float64)
    theirs.update(real.double(), real=True)
    theirs.update(generated.double(), real=False)
    assert metrics.fid(real, generated) == pytest.approx(float(theirs.compute()), rel=1e-6)


def test_fid_of_known_gaussians(generator):
    real = torch.randn(50_000, 2, generator=generator)
    generated = torch.randn(50_000, 2, generator=generator) * 3 + torch.tensor([2.0, 0.0])
    # |μ|² + Σ (σ₁ - σ₂)² = 4 + 2 · 4
    assert metrics.fid(real, generated) == pytest.approx(12, rel=0.03)


@pytest.mark.parametrize("count", [2, 5, 8])
def test_fid_is_finite_for_fewer_images_than_dimensions(generator, count):
    real, generated = two_sides(generator, count)
    assert 0 < metrics.fid(real, generated) < 100
    assert metrics.fid(real, real) == pytest.approx(0, abs=1e-9)


def test_density_and_coverage_on_one_distribution(generator):
    real = torch.randn(800, 8, generator=generator)
    same = torch.randn(800, 8, generator=generator)
    density, coverage = metrics.density_and_coverage(real, same)
    assert density == pytest.approx(1, abs=0.1)
    assert coverage == pytest.approx(1 - 0.5**5, abs=0.03)


def test_density_and_coverage_tell_their_failures_apart(generator):
    real = torch.randn(400, 8, generator=generator)
    collapsed = real[:10].repeat(40, 1) + 0.01 * torch.randn(400, 8, generator=generator)
    density, coverage = metrics.density_and_coverage(real, collapsed)
    assert density > 0.9 and coverage < 0.5  # believable, but few kinds
    far = metrics.density_and_coverage(real, real + 100)
    assert far == (0, 0)


def test_density_and_coverage_by_hand():
    real = torch.tensor([[0.0], [1.0], [10.0]])  # radii to the nearest: 1, 1, 9
    generated = torch.tensor([[0.5], [9.5]])
    # 0.5 lies in the first two balls, 9.5 in the last: three hits over k · N = 2.
    assert metrics.density_and_coverage(real, generated, neighbours=1) == (1.5, 1.0)


def test_ssim_agrees_with_torchmetrics(oracle, pairs):
    from torchmetrics.functional.image import structural_similarity_index_measure

    theirs = structural_similarity_index_measure(*reversed(pairs), data_range=1.0)
    assert metrics.ssim(*pairs) == pytest.approx(float(theirs), rel=1e-9)
    assert metrics.ssim(pairs[0], pairs[0]) == pytest.approx(1)


def test_ssim_of_images_smaller_than_its_window(generator):
    images = torch.rand(4, 1, 3, 5, generator=generator)
    worse = (images + 0.2 * torch.randn(images.shape, generator=generator)).clamp(0, 1)
    assert metrics.ssim(images, images) == pytest.approx(1)
    assert -1 < metrics.ssim(images, worse) < 0.99


def test_psnr_agrees_with_torchmetrics(oracle, pairs):
    from torchmetrics.functional.image import peak_signal_noise_ratio

    theirs = peak_signal_noise_ratio(*reversed(pairs), data_range=1.0, dim=(1, 2, 3))
    assert metrics.psnr(*pairs) == pytest.approx(float(theirs), rel=1e-6)
    assert metrics.psnr(pairs[0], pairs[0]) == pytest.approx(100)


def test_squared_errors(pairs):
    images = np.zeros((2, 3, 4, 5), np.float32)
    rebuilt = images.copy()
    rebuilt[0] = 0.5
    assert metrics.mse(images, rebuilt) == pytest.approx(0.125)
    assert metrics.sse(images, rebuilt) == pytest.approx(0.125 * 60)
    assert metrics.sse(*pairs) == pytest.approx(metrics.mse(*pairs) * 3 * 24 * 32)
    # 15 and 0: a standard deviation of 15 / √2, over √2 for the mean of two
    assert metrics.sse_se(images, rebuilt) == pytest.approx(7.5)
    assert math.isnan(metrics.sse_se(images[:1], rebuilt[:1]))


def test_bad_input_is_refused(generator):
    real, generated = two_sides(generator, 20)
    with pytest.raises(InputError, match="one D on both sides"):
        metrics.fid(real, generated[:, :3])
    with pytest.raises(InputError, match="at least 6 images"):
        metrics.density_and_coverage(real[:5], generated)
    with pytest.raises(InputError, match="subsets of 30 from 20"):
        metrics.kid(real, generated, subset_size=30)
    with pytest.raises(InputError, match="share one shape"):
        metrics.mse(torch.zeros(1, 3, 8, 8), torch.zeros(2, 3, 8, 8))
