from __future__ import annotations

import pytest

from ballgen.errors import InputError
from ballgen.ui.latent.region import parse_corners


def test_corners_are_read():
    assert parse_corners("0,0 2,0 1,2.5").tolist() == [[0, 0], [2, 0], [1, 2.5]]


@pytest.mark.parametrize(
    "text", ["", "1,2", "1,2 3,4", "1,2 3,4 5", "a,b c,d e,f", "1,2 3,4 nan,0"]
)
def test_corners_that_make_no_region_are_told(text):
    with pytest.raises(InputError, match="three corners"):
        parse_corners(text)
