from __future__ import annotations

import pytest

from ballgen.data.factor_kinds import CATEGORICAL, CIRCULAR, LINEAR, SEED, axis, kind, short


@pytest.mark.parametrize(
    ("name", "what", "without_unit", "along"),
    [
        ("class", CATEGORICAL, "class", ""),
        ("ball 2 class", CATEGORICAL, "ball 2 class", ""),
        ("x px", LINEAR, "x", "x"),
        ("ball 3 y px", LINEAR, "ball 3 y", "y"),
        ("max px", LINEAR, "max", ""),
        ("diameter px", LINEAR, "diameter", ""),
        ("angle deg", CIRCULAR, "angle", ""),
        ("ball 2 spin deg", CIRCULAR, "ball 2 spin", ""),
        ("angle", CIRCULAR, "angle", ""),
        ("tilt deg", LINEAR, "tilt", ""),
        ("triangle", LINEAR, "triangle", ""),
        ("background", SEED, "background", ""),
        ("px", LINEAR, "px", ""),
        ("", LINEAR, "", ""),
    ],
)
def test_a_factors_name_tells_what_it_measures(name, what, without_unit, along):
    assert (kind(name), short(name), axis(name)) == (what, without_unit, along)
