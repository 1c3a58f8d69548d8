"""A mixture of Gaussians: as many bumps as held-out codes say there are."""

from __future__ import annotations

import warnings
from typing import ClassVar, Self

import torch
from torch import Tensor

from ballgen.priors.base import Prior, check_codes, draw_labels

COMPONENTS = (1, 4, 10, 20, 40)
MOST_CODES = 10_000  # fitted on at most so many: the likelihood no longer changes with more
HELD_OUT = 0.1


class GaussianMixture(Prior):
    """Full-covariance mixture; the number of components has the best held-out likelihood.

    Ghosh et al. 2020 ("From variational to deterministic autoencoders") fit it to the codes of an
    autoencoder after training.
    """

    name: ClassVar[str] = "mixture"
    least: ClassVar[int] = 4

    def __init__(self, components: tuple[int, ...] = COMPONENTS, seed: int = 0) -> None:
        self.components = components
        self.seed = seed

    def fit(self, codes: Tensor, labels: Tensor) -> Self:
        codes, _ = check_codes(codes, labels, self.least)
        order = torch.randperm(len(codes), generator=torch.Generator().manual_seed(self.seed))
        codes = codes[order[:MOST_CODES]]
        # Standardised for k-means' start and the regularisation, whose units are then the data's.
        centre, scale = codes.mean(0), codes.std(0).clamp_min(1e-9)
        standard = ((codes - centre) / scale).numpy()
        held_out = max(1, round(len(standard) * HELD_OUT))
        test, train = standard[:held_out], standard[held_out:]
        # A component needs more codes than it has directions, or its covariance is made up.
        least = 2 * codes.shape[1]
        candidates = [k for k in self.components if k == 1 or len(train) >= k * least]
        best_score, best = -float("inf"), None
        for components in candidates:
            mixture = self._fit_one(train, components)
            score = mixture.score(test)
            if score <= best_score:
                break
            best_score, best = score, mixture
        self.shares_ = torch.tensor(best.weights_, dtype=torch.float32)
        self.means_ = (torch.from_numpy(best.means_) * scale + centre).float()
        spread = torch.linalg.cholesky(torch.from_numpy(best.covariances_))
        self.spreads_ = (scale[:, None] * spread).float().contiguous()
        return self

    def _fit_one(self, codes, components: int):
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.mixture import GaussianMixture as SklearnMixture

        mixture = SklearnMixture(
            components, reg_covar=1e-4, max_iter=50, tol=1e-2, random_state=self.seed
        )
        with warnings.catch_warnings():
            # Stopped early is fine: held-out likelihood judges what came out.
            warnings.simplefilter("ignore", ConvergenceWarning)
            return mixture.fit(codes)

    def sample(self, count: int, generator: torch.Generator, temperature: float = 1.0) -> Tensor:
        which = draw_labels(self.shares_, count, generator)
        noise = torch.randn(count, self.means_.shape[1], generator=generator)
        moved = torch.einsum("nij,nj->ni", self.spreads_[which], noise)
        return self.means_[which] + temperature * moved
