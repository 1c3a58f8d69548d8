"""Principal components with signs that do not depend on the machine."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


class PrincipalComponents(NamedTuple):
    """Orthonormal directions in which points (N, D) vary most.

    mean                      float64 (D,)
    components                float64 (count, D); zero beyond what N and D allow
    explained_variance_ratio  float64 (count,): shares of the whole variance
    """

    mean: np.ndarray
    components: np.ndarray
    explained_variance_ratio: np.ndarray

    def transform(self, points: ArrayLike) -> np.ndarray:
        """Coordinates float64 (M, count) of points (M, D)."""
        return (np.asarray(points, dtype=np.float64) - self.mean) @ self.components.T

    def inverse_transform(self, coordinates: ArrayLike) -> np.ndarray:
        """Points float64 (M, D) of coordinates (M, count)."""
        return np.asarray(coordinates, dtype=np.float64) @ self.components + self.mean

    def aligned_with(self, before: PrincipalComponents) -> PrincipalComponents:
        """The same with each component turned round where it points against the one `before`.

        Points vary alike along a direction and its opposite, so that those of a moving cloud would
        change sides as soon as another weight of a component is the largest.
        """
        agreement = (self.components * before.components).sum(1, keepdims=True)
        return self._replace(components=np.where(agreement < 0, -self.components, self.components))


def principal_components(points: ArrayLike, count: int) -> PrincipalComponents:
    """The first `count` principal components of points (N, D), N of at least 1.

    The weight of the largest size in each component is positive.
    """
    points = np.asarray(points, dtype=np.float64)
    mean = points.mean(0)
    components, shares = np.zeros((count, points.shape[1])), np.zeros(count)
    _, deviations, directions = np.linalg.svd(points - mean, full_matrices=False)
    if found := min(count, len(points) - 1, points.shape[1]):
        largest = np.abs(directions[:found]).argmax(1)[:, None]
        signs = np.sign(np.take_along_axis(directions[:found], largest, 1))
        components[:found] = signs * directions[:found]
        variance = np.square(deviations).sum()
        shares[:found] = np.square(deviations[:found]) / (variance or 1.0)
    return PrincipalComponents(mean, components, shares)
