from __future__ import annotations

import numpy as np
import pytest

from ballgen.util.pca import principal_components


def points(count: int) -> np.ndarray:
    scales = np.array([0.1, 5.0, 0.2, 3.0])
    return np.random.default_rng(0).standard_normal((count, 4)) * scales + 7


def test_components_are_the_directions_of_largest_variance():
    plane = principal_components(points(2000), 2)
    assert plane.components[0, 1] == pytest.approx(1, abs=0.01)
    assert plane.components[1, 3] == pytest.approx(1, abs=0.01)
    assert plane.explained_variance_ratio.sum() > 0.99
    assert np.abs(plane.transform(points(2000)).mean(0)).max() < 1e-9


def test_signs_do_not_depend_on_the_order_of_points():
    forth, back = points(50), points(50)[::-1]
    assert np.allclose(
        principal_components(forth, 4).components, principal_components(back, 4).components
    )


def test_all_components_lead_back_to_the_points():
    pca = principal_components(points(50), 4)
    assert np.allclose(pca.inverse_transform(pca.transform(points(50))), points(50))


@pytest.mark.parametrize("alike", [points(1), np.ones((9, 4))])
def test_what_does_not_vary_lies_at_the_origin(alike):
    plane = principal_components(alike, 2)
    assert plane.components.shape == (2, 4)
    assert np.allclose(plane.transform(alike), 0)
    assert plane.explained_variance_ratio.tolist() == [0, 0]
