"""Mixtures of Gaussians: one component per class, or per cluster of codes."""

import warnings
from typing import ClassVar, Self

import torch
from torch import Tensor

from ballgen.priors.base import Prior, check_codes, draw_labels
from ballgen.priors.gaussian import mean_and_scale_tril
from ballgen.util.threads import one_thread

# Clusters of k-means, each with enough codes that its Gaussian is no copy of them.
MAX_COMPONENTS, CODES_PER_COMPONENT = 320, 60
JITTER = 1e-4  # on a covariance's diagonal, of standardised codes: a dimension may be dead


class Mixture(Prior):
    """K Gaussians: weights (K,), means (K, D) and Cholesky factors of covariances (K, D, D)."""

    learned: ClassVar[tuple[str, ...]] = ("weights", "means", "scale_trils")

    def draw(self, count: int, generator: torch.Generator, temperature: float) -> Tensor:
        component = draw_labels(self.weights, count, generator)
        noise = torch.randn(count, self.means.shape[1], generator=generator)
        offset = torch.einsum("nij,nj->ni", self.scale_trils[component], noise)
        return self.means[component] + temperature * offset


class ClassGaussian(Mixture):
    """One Gaussian per class, each drawn as often as the class was seen.

    A class with no more codes than latent dimensions takes the covariance within all classes.
    """

    name: ClassVar[str] = "class-gaussian"

    def fit(self, codes: Tensor, labels: Tensor) -> Self:
        codes, labels = check_codes(codes, labels)
        counts = torch.bincount(labels)
        classes = [codes[labels == label] for label in range(len(counts))]
        means = torch.stack([(some if len(some) else codes).mean(0) for some in classes])
        _, within = mean_and_scale_tril(codes - means[labels])
        scale_trils = [
            mean_and_scale_tril(some)[1] if len(some) > codes.shape[1] else within
            for some in classes
        ]
        self.weights = counts.float() / counts.sum()
        self.means, self.scale_trils = means.float(), torch.stack(scale_trils)
        return self


class GaussianMixture(Mixture):
    """Mixture with full covariances, one for each cluster of codes that k-means finds.

    Ghosh et al. 2020 ("From variational to deterministic autoencoders") fit one to the codes of an
    autoencoder after training, of fewer components and by expectation maximisation: that takes
    longer, and samples are worse (docs/experiments.md, 45).
    """

    name: ClassVar[str] = "mixture"

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        self.seed = seed

    def fit(self, codes: Tensor, labels: Tensor) -> Self:
        self.fit_clusters(check_codes(codes, labels)[0])
        return self

    def fit_clusters(self, codes: Tensor) -> Tensor:
        """Fit to codes float64 (N, D); gives the component of each, int64 (N,)."""
        # Standardised, so that k-means minds all dimensions alike.
        mean, std = codes.mean(0), codes.std(0).clamp_min(1e-6)
        standard = ((codes - mean) / std).float()
        with one_thread():  # several would sum in any order
            components = cluster(standard, self.seed)
            means, scale_trils = gaussians(standard, components)
        self.weights = torch.bincount(components).float() / len(codes)
        self.means = (means * std + mean).float()
        self.scale_trils = (std[:, None] * scale_trils).float().contiguous()
        return components


def cluster(codes: Tensor, seed: int) -> Tensor:
    """int64 (N,): which cluster of k-means each code float (N, D) belongs to; none is empty."""
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    count = min(MAX_COMPONENTS, max(1, len(codes) // CODES_PER_COMPONENT))
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer different codes than clusters
        found = KMeans(count, n_init=1, max_iter=30, random_state=seed).fit(codes.numpy())
    return torch.from_numpy(found.labels_).unique(return_inverse=True)[1]


def gaussians(codes: Tensor, components: Tensor) -> tuple[Tensor, Tensor]:
    """Means (K, D) and Cholesky factors (K, D, D) of the codes (N, D) of each component.

    Each covariance is drawn towards the one within all components, as if that had been seen in D
    codes more: a few codes alone would leave directions without any width.
    """
    count, dim = int(components.max()) + 1, codes.shape[1]
    sizes = torch.bincount(components, minlength=count).clamp_min(1)
    means = torch.zeros(count, dim).index_add_(0, components, codes) / sizes[:, None]
    centred = codes - means[components]
    within = centred.T @ centred / len(codes)
    covariances = torch.stack(
        [
            (some.T @ some + dim * within) / (len(some) + dim)
            for some in (centred[components == component] for component in range(count))
        ]
    )
    # Contiguous: another layout would give other last bits once it was saved and loaded.
    return means, torch.linalg.cholesky(covariances + JITTER * torch.eye(dim)).contiguous()
