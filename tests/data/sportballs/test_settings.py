"""What cannot be drawn is said."""

from __future__ import annotations

import pytest

from ballgen.data.sportballs.factors import CLASS_NAMES, REPORT_CLASSES, BallSettings, draw_factors
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


def test_bad_counts() -> None:
    for count in (0, -3):
        with pytest.raises(
            InputError, match=f"count must be a whole number from 1 .*, got {count}"
        ):
            make_balls(count)
    with pytest.raises(InputError, match="start must be a whole number of at least 0"):
        draw_factors(1, start=-1)


def test_report_classes_come_first() -> None:
    assert REPORT_CLASSES == ("baseball", "basketball", "volleyball", "soccerball")
    assert len(CLASS_NAMES) >= 10
    assert BallSettings().classes == REPORT_CLASSES
