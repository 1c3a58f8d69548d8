"""Metrics of distributions of features, and of images against their reconstructions.

Features are (N, D), images (N, C, H, W) in [0, 1], both torch or numpy. Everything is computed in
float64: most of these figures are small differences of large sums.
"""

import math
from typing import NamedTuple

import numpy as np
import torch

from ballgen.errors import InputError

Array = torch.Tensor | np.ndarray

KID_SUBSETS, KID_SUBSET_SIZE = 100, 1000
SSIM_RADIUS, SSIM_SIGMA = 5, 1.5  # px, of Wang et al. 2004
PERFECT_MSE = 1e-10  # 100 dB: where PSNR stops, so that an exact copy has a finite one
CHUNK = 512  # images at once, or rows of a distance matrix: bounds memory


# --- distributions: real features or images against generated ones -------------------------------


class MeanAndSd(NamedTuple):
    """A mean and the standard deviation around it."""

    mean: float
    sd: float


def squared_mmd(real: Array, generated: Array) -> float:
    """Unbiased squared maximum mean discrepancy under the cubic kernel (x·y / D + 1)³.

    Zero in expectation where both sides are drawn from one distribution, whatever their sizes, so
    a single value may be negative. Gretton et al. 2012 (the estimator), Bińkowski et al. 2018,
    arXiv 1801.01401 (the kernel).

    Raises `InputError` unless both sides are (N, D) with one D and N of at least 2.
    """
    real, generated = _feature_pair(real, generated, at_least=2)
    everything = [torch.ones(1, len(side), dtype=torch.double) for side in (real, generated)]
    return float(_squared_mmds(real, generated, *everything))


def _squared_mmds(
    real: torch.Tensor, generated: torch.Tensor, of_real: torch.Tensor, of_generated: torch.Tensor
) -> torch.Tensor:
    """`squared_mmd` (S,) of S subsets of both sides, which of_real (S, N) and of_generated (S, M)
    mark by ones.

    The kernel of two images is computed once, not in each subset that holds both.
    """

    def mean(a: torch.Tensor, b: torch.Tensor, of_a: torch.Tensor, of_b: torch.Tensor):
        total = torch.zeros(len(of_a), dtype=torch.double)
        for rows in torch.arange(len(a)).split(CHUNK):
            kernel = (a[rows] @ b.T / a.shape[1] + 1) ** 3  # (CHUNK, M)
            total += (of_a[:, rows] @ kernel * of_b).sum(1)
        return total / (of_a.sum(1) * of_b.sum(1))

    def mean_off_diagonal(a: torch.Tensor, of_a: torch.Tensor) -> torch.Tensor:
        count = of_a.sum(1)
        diagonal = of_a @ (a.square().sum(1) / a.shape[1] + 1) ** 3 / count
        return (count * mean(a, a, of_a, of_a) - diagonal) / (count - 1)

    within = mean_off_diagonal(real, of_real) + mean_off_diagonal(generated, of_generated)
    return within - 2 * mean(real, generated, of_real, of_generated)


def kid(
    real: Array,
    generated: Array,
    subsets: int = KID_SUBSETS,
    subset_size: int | None = None,
    seed: int = 0,
) -> MeanAndSd:
    """Kernel inception distance: mean and sd of `squared_mmd` over random subsets of both sides.

    `subset_size` defaults to 1,000, or to half of the smaller side where that is less: subsets
    that hold everything would all be equal and their sd a flattering 0. Bińkowski et al. 2018,
    arXiv 1801.01401.

    Raises `InputError` unless both sides are (N, D) with one D, and hold such subsets.
    """
    real, generated = _feature_pair(real, generated, at_least=4)
    smaller = min(len(real), len(generated))
    size = min(KID_SUBSET_SIZE, smaller // 2) if subset_size is None else subset_size
    if not 2 <= size <= smaller or subsets < 1:
        raise InputError(
            f"KID cannot draw {subsets} subsets of {size} from {smaller} images: "
            f"choose at least one subset and a size from 2 to {smaller}"
        )
    generator = torch.Generator().manual_seed(seed)

    drawn = [torch.zeros(subsets, len(side), dtype=torch.double) for side in (real, generated)]
    for subset in range(subsets):
        for side in drawn:
            side[subset, torch.randperm(side.shape[1], generator=generator)[:size]] = 1
    values = _squared_mmds(real, generated, *drawn)
    return MeanAndSd(float(values.mean()), float(values.std(correction=0)))


def fid(real: Array, generated: Array) -> float:
    """Fréchet distance between Gaussians fitted to both sides. Heusel et al. 2017.

    |μ₁ - μ₂|² + tr(Σ₁ + Σ₂ - 2 (Σ₁Σ₂)^½), where tr (Σ₁Σ₂)^½ is taken as the sum of the singular
    values of Σ₁^½ Σ₂^½: real and finite even for fewer images than dimensions. The value is biased
    upwards by about D / N, so compare only values of equal N.

    Raises `InputError` unless both sides are (N, D) with one D and N of at least 2.
    """
    real, generated = _feature_pair(real, generated, at_least=2)

    def root(covariance: torch.Tensor) -> torch.Tensor:
        values, vectors = torch.linalg.eigh(covariance)
        return vectors * values.clamp(min=0).sqrt() @ vectors.T

    covariances = [torch.atleast_2d(torch.cov(side.T)) for side in (real, generated)]
    shift = (real.mean(0) - generated.mean(0)).square().sum()
    overlap = torch.linalg.svdvals(root(covariances[0]) @ root(covariances[1])).sum()
    distance = shift + covariances[0].trace() + covariances[1].trace() - 2 * overlap
    return float(distance.clamp(min=0))


class DensityAndCoverage(NamedTuple):
    density: float
    coverage: float


def density_and_coverage(real: Array, generated: Array, neighbours: int = 5) -> DensityAndCoverage:
    """How well the samples sit among real images, and how many real images have a sample nearby.

    A real image's ball reaches to its k-th nearest real neighbour. Density: how many such balls a
    sample lies in, over k (expected 1 on equal distributions, may exceed it). Coverage: the share
    of balls that hold a sample (expected 1 - ½ᵏ ≈ 0.97 for k = 5 on equal distributions and equal
    counts). Naeem et al. 2020, arXiv 2002.09797.

    Raises `InputError` unless both sides are (N, D) with one D and N above k.
    """
    real, generated = _feature_pair(real, generated, at_least=neighbours + 1)
    inside_count, covered = 0, 0
    for rows in real.split(CHUNK):
        among_real = torch.cdist(rows, real)  # holds each row's zero distance to itself
        radii = among_real.kthvalue(neighbours + 1, dim=1, keepdim=True).values
        inside = torch.cdist(rows, generated) < radii
        inside_count += int(inside.sum())
        covered += int(inside.any(dim=1).sum())
    return DensityAndCoverage(inside_count / (neighbours * len(generated)), covered / len(real))


def diversity(real: Array, generated: Array) -> float:
    """How much generated images (N, C, H, W) differ from each other, in units of real ones.

    The ratio of standard deviations about the mean image, over all pixels: 0 where all are alike,
    as after a mode collapse. Undefined (nan) for a single image, or real ones that are all alike.
    """
    spread = [torch.as_tensor(side).flatten(1).var(0).mean().item() for side in (generated, real)]
    return math.sqrt(spread[0] / spread[1]) if spread[1] > 0 else math.nan


# --- pairs: an image against its reconstruction --------------------------------------------------


def mse(images: Array, reconstructions: Array) -> float:
    """Squared error, mean over pixels, channels and images.

    Raises `InputError` if the shapes differ.
    """
    return float(_squared_errors(images, reconstructions).mean())


def sse(images: Array, reconstructions: Array) -> float:
    """Squared error summed over each image's pixels and channels, mean over images.

    Raises `InputError` if the shapes differ.
    """
    return float(_squared_errors(images, reconstructions).sum(dim=1).mean())


def sse_se(images: Array, reconstructions: Array) -> float:
    """Standard error of `sse`, over images; undefined (nan) for a single one.

    Raises `InputError` if the shapes differ.
    """
    return standard_error(_squared_errors(images, reconstructions).sum(dim=1))


def psnr(images: Array, reconstructions: Array) -> float:
    """Peak signal-to-noise ratio in dB for a peak of 1, mean over images, 100 dB at most each.

    Raises `InputError` if the shapes differ.
    """
    per_image = _squared_errors(images, reconstructions).mean(dim=1)
    return float(-10 * per_image.clamp(min=PERFECT_MSE).log10().mean())


def ssim(images: Array, reconstructions: Array) -> float:
    """Structural similarity, mean over pixels, channels and images; 1 for equal images.

    Gaussian window of 11 px with σ = 1.5 px, K₁ = 0.01, K₂ = 0.03. Wang et al. 2004. Borders are
    reflected, as often as it takes, so that images smaller than the window have a value too.

    Raises `InputError` if the shapes differ.
    """
    from scipy.ndimage import gaussian_filter

    def blur(images: np.ndarray) -> np.ndarray:
        return gaussian_filter(images, SSIM_SIGMA, radius=SSIM_RADIUS, mode="mirror", axes=(2, 3))

    images, reconstructions = _image_pair(images, reconstructions)
    total = 0.0
    for pair in zip(images.split(CHUNK), reconstructions.split(CHUNK), strict=True):
        a, b = (side.numpy() for side in pair)
        mean_a, mean_b = blur(a), blur(b)
        variances = blur(a * a) - mean_a**2 + blur(b * b) - mean_b**2
        covariance = blur(a * b) - mean_a * mean_b
        luminance = (2 * mean_a * mean_b + 0.01**2) / (mean_a**2 + mean_b**2 + 0.01**2)
        structure = (2 * covariance + 0.03**2) / (variances + 0.03**2)
        total += float((luminance * structure).sum())
    return total / images.numel()


# --- shapes --------------------------------------------------------------------------------------


def _feature_pair(
    real: Array, generated: Array, at_least: int
) -> tuple[torch.Tensor, torch.Tensor]:
    real, generated = (torch.as_tensor(side).double() for side in (real, generated))
    if real.ndim != 2 or generated.ndim != 2 or real.shape[1] != generated.shape[1]:
        raise InputError(
            "features must be (N, D) with one D on both sides, "
            f"got {tuple(real.shape)} and {tuple(generated.shape)}"
        )
    if min(len(real), len(generated)) < at_least:
        raise InputError(
            f"this score needs at least {at_least} images on each side, "
            f"got {len(real)} real and {len(generated)} generated"
        )
    return real, generated


def _image_pair(images: Array, reconstructions: Array) -> tuple[torch.Tensor, torch.Tensor]:
    images, reconstructions = (torch.as_tensor(side) for side in (images, reconstructions))
    if images.shape != reconstructions.shape or images.ndim != 4 or len(images) == 0:
        raise InputError(
            "images and reconstructions must share one shape (N, C, H, W) with N of at least 1, "
            f"got {tuple(images.shape)} and {tuple(reconstructions.shape)}"
        )
    return images.double(), reconstructions.double()


def standard_error(values: torch.Tensor) -> float:
    """Of the mean of values (N,); undefined (nan) for a single one."""
    return float(values.std() / len(values) ** 0.5) if len(values) > 1 else math.nan


def _squared_errors(images: Array, reconstructions: Array) -> torch.Tensor:
    """float64 (N, C·H·W)."""
    images, reconstructions = _image_pair(images, reconstructions)
    return (images - reconstructions).square().flatten(1)
