from __future__ import annotations

import pytest

from ballgen.data.factor_kinds import CATEGORY, CIRCLE, LINE, SEED, axis, kind, short


@pytest.mark.parametrize(
    ("name", "what", "without_unit", "along"),
    [
        ("class", CATEGORY, "class", ""),
        ("ball 2 class", CATEGORY, "ball 2 class", ""),
        ("x px", LINE, "x", "x"),
        ("ball 3 y px", LINE, "ball 3 y", "y"),
        ("max px", LINE, "max", ""),
        ("diameter px", LINE, "diameter", ""),
        ("angle deg", CIRCLE, "angle", ""),
        ("ball 2 spin deg", CIRCLE, "ball 2 spin", ""),
        ("angle", CIRCLE, "angle", ""),
        ("tilt deg", LINE, "tilt", ""),
        ("triangle", LINE, "triangle", ""),
        ("background", SEED, "background", ""),
        ("px", LINE, "px", ""),
        ("", LINE, "", ""),
    ],
)
def test_a_factors_name_tells_what_it_measures(name, what, without_unit, along):
    assert (kind(name), short(name), axis(name)) == (what, without_unit, along)
