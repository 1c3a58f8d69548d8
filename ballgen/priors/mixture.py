"""Mixtures of Gaussians: one component per class, or as many as held-out codes ask for."""

from __future__ import annotations

import warnings
from typing import ClassVar, Self

import numpy as np
import torch
from torch import Tensor

from ballgen.priors.base import Prior, check_codes, draw_labels
from ballgen.priors.gaussian import mean_and_scale_tril

COMPONENTS = (1, 4, 10, 20, 40)
MAX_CODES = 10_000  # to fit to: with more the likelihood no longer changes
HELD_OUT = 0.1
TOLERANCE = 0.05  # nats per code: less gain by a round of EM no score would see
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
    """Mixture with full covariances; the number of components has the best held-out likelihood.

    Ghosh et al. 2020 ("From variational to deterministic autoencoders") fit it to the codes of an
    autoencoder after training.

    components  numbers to try, ascending
    """

    name: ClassVar[str] = "mixture"
    min_codes: ClassVar[int] = 4

    def __init__(self, components: tuple[int, ...] = COMPONENTS, seed: int = 0) -> None:
        super().__init__()
        self.components = components
        self.seed = seed

    def fit(self, codes: Tensor, labels: Tensor) -> Self:
        codes, _ = check_codes(codes, labels, self.min_codes)
        order = torch.randperm(len(codes), generator=torch.Generator().manual_seed(self.seed))
        codes = codes[order[:MAX_CODES]]
        # Standardised for k-means' start and the regularisation, whose units are then the data's.
        mean, std = codes.mean(0), codes.std(0).clamp_min(1e-9)
        standard = ((codes - mean) / std).numpy()
        held_out = max(1, round(len(standard) * HELD_OUT))
        best = self._best(train=standard[held_out:], test=standard[:held_out])
        self.weights = torch.tensor(best.weights_, dtype=torch.float32)
        self.means = (torch.from_numpy(best.means_) * std + mean).float()
        scale_trils = torch.linalg.cholesky(torch.from_numpy(best.covariances_))
        self.scale_trils = (std[:, None] * scale_trils).float().contiguous()
        return self

    def _best(self, train: np.ndarray, test: np.ndarray):
        """Of the mixtures fitted to `train`, the one under which `test` is likeliest."""
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.mixture import GaussianMixture as SklearnMixture

        # A component needs more codes than it has directions, or its covariance is made up.
        most = max(1, len(train) // (2 * train.shape[1]))
        best_score, best = -float("inf"), None
        for components in (count for count in self.components if count <= most):
            mixture = SklearnMixture(
                components, reg_covar=1e-4, max_iter=50, tol=TOLERANCE, random_state=self.seed
            )
            with warnings.catch_warnings():
                # Stopped early is fine: held-out likelihood judges what came out.
                warnings.simplefilter("ignore", ConvergenceWarning)
                score = mixture.fit(train).score(test)
            if score <= best_score:
                break
            best_score, best = score, mixture
        return best


def cluster(codes: Tensor, count: int, seed: int) -> Tensor:
    """int64 (N,): which of so many clusters of k-means each code float (N, D) belongs to."""
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    with warnings.catch_warnings(), threadpool_limits(1):  # several would sum in any order
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer different codes than clusters
        found = KMeans(count, n_init=1, max_iter=30, random_state=seed).fit(codes.numpy())
    return torch.from_numpy(found.labels_).long()


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
    return means, torch.linalg.cholesky(covariances + JITTER * torch.eye(dim))
