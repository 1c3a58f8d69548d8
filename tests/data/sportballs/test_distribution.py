"""The default set is drawn as the reports' was."""

from __future__ import annotations

import pytest
import torch

from ballgen.data.sportballs.factors import (
    CLASS_NAMES,
    FACTOR_NAMES,
    BallSettings,
    draw_factors,
    factor_names,
)
from ballgen.data.sportballs.render import draw_balls
from ballgen.data.sportballs.sets import make_balls
from tests.helpers.drawn import ALL


def test_default_factors_follow_the_reports() -> None:
    factors = draw_factors(20_000, seed=7)
    label, x, y, diameter, angle = factors.T
    assert factor_names() == FACTOR_NAMES
    assert factors.dtype == torch.float32
    assert diameter.unique().tolist() == [12, 14, 16, 19, 21]
    assert angle.unique().tolist() == list(range(360))
    assert label.unique().tolist() == [0, 1, 2, 3]
    for column, choices in ((label, 4), (diameter, 5)):
        shares = column.unique(return_counts=True)[1] / len(column)
        assert (shares - 1 / choices).abs().max() < 0.012  # four standard errors
    for centre in (x, y):
        corner = centre - diameter / 2
        assert torch.equal(corner, corner.floor())
        assert corner.min() == 0
        assert (corner + diameter).max() == 32
        small = corner[diameter == 12]
        assert small.unique().tolist() == list(range(21))
        assert (small.mean() - 10).abs() < 0.4
    assert torch.corrcoef(factors.T).fill_diagonal_(0).abs().max() < 0.03


@pytest.mark.parametrize(("size", "smallest", "largest"), [(64, 24, 42), (28, 10.5, 18.375)])
def test_sizes_scale_with_the_image(size: int, smallest: float, largest: float) -> None:
    _, x, y, diameter, _ = draw_factors(2_000, settings=BallSettings(image_size=size)).T
    assert (diameter.min(), diameter.max()) == (smallest, largest)
    assert min((x - diameter / 2).min(), (y - diameter / 2).min()) == 0
    assert max((x + diameter / 2).max(), (y + diameter / 2).max()) <= size


def test_image_set_holds_what_is_known() -> None:
    some = make_balls(30, "test", seed=2, settings=ALL)
    assert (some.name, some.split, some.class_names) == ("sportballs", "test", CLASS_NAMES)
    assert some.pixels.shape == (30, 3, 32, 32)
    assert torch.equal(some.labels, some.factors[:, 0].long())
    assert some.factor_names == FACTOR_NAMES
    assert some.object_labels is None
    assert torch.equal(some.pixels, draw_balls(some.factors, ALL))


def test_label_is_an_index_of_the_chosen_classes() -> None:
    chosen = BallSettings(classes=("tennis", "baseball"))
    row = torch.tensor([[1, 16.0, 16, 20, 30]])
    assert torch.equal(draw_balls(row, chosen), draw_balls(row * torch.tensor([0, 1, 1, 1, 1])))
