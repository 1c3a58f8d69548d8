"""What cannot be drawn is said."""

from __future__ import annotations

import pytest
import torch

from ballgen.data.sportballs.factors import CLASS_NAMES, REPORT_CLASSES, BallSettings, draw_factors
from ballgen.data.sportballs.render import draw_balls
from ballgen.data.sportballs.sets import make_balls
from ballgen.errors import InputError


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"classes": ("baseball", "puck")},
            "'puck' is unknown: choose from baseball, .*beach_ball",
        ),
        ({"classes": ()}, "no ball class"),
        ({"classes": ("golf", "golf")}, "named twice"),
        ({"image_size": 17}, "image size 17"),
        ({"background": "grass"}, "'grass' is unknown: choose from white, colour, texture"),
        ({"rotation": "half"}, "'half' is unknown: choose from plane, full"),
        ({"balls": 0}, "from 1 to 8, got 0"),
        ({"balls": 9}, "from 1 to 8, got 9"),
    ],
)
def test_bad_settings(fields: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        BallSettings(**fields)


def test_bad_counts_and_splits() -> None:
    for count in (0, -3):
        with pytest.raises(
            InputError, match=f"count must be a whole number from 1 .*, got {count}"
        ):
            make_balls(count)
    with pytest.raises(InputError, match="start must be a whole number of at least 0"):
        draw_factors(1, start=-1)
    with pytest.raises(InputError, match="'valid' is unknown: choose from train, test"):
        make_balls(3, "valid")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([0, 16, 16, 20], r"shape \(N, 5\)"),
        ([4, 16, 16, 20, 0], "class must be a whole number from 0 to 3"),
        ([0.5, 16, 16, 20, 0], "class must be a whole number"),
        ([0, float("nan"), 16, 20, 0], "finite"),
        ([0, 16, 16, -1, 0], "diameter px must be at least 0, got -1"),
    ],
)
def test_bad_factors(row: list[float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        draw_balls(torch.tensor([row]))


def test_report_classes_come_first() -> None:
    assert REPORT_CLASSES == ("baseball", "basketball", "volleyball", "soccerball")
    assert len(CLASS_NAMES) >= 10
    assert BallSettings().classes == REPORT_CLASSES
