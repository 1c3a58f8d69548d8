from __future__ import annotations

import pytest

from ballgen.priors import PRIORS
from ballgen.util.wording import (
    PRIOR_MEANINGS,
    PRIOR_NAMES,
    duration,
    kid_text,
    listed,
    prior_meaning,
)


def test_every_prior_has_a_name_of_its_own_and_a_meaning():
    assert set(PRIOR_NAMES) == set(PRIOR_MEANINGS) == set(PRIORS)
    assert len(set(PRIOR_NAMES.values())) == len(PRIORS)


def test_refining_is_told_of_fitted_priors_alone():
    assert prior_meaning("normal", "vae", 2) == prior_meaning("normal", "vae")
    said = prior_meaning("flow", "vae", 2)
    assert said.startswith(prior_meaning("flow", "vae")) and "encoded again, 2 times." in said
    assert "again, once." in prior_meaning("flow", "vae", 1)


def test_the_normal_prior_is_a_generators_own():
    assert prior_meaning("normal", "gan") != prior_meaning("normal", "vae")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.4, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (719, "12 min"),
        (3599, "1 h 00 min"),
        (3900, "1 h 05 min"),
    ],
)
def test_durations_are_said_as_people_say_them(seconds, said):
    assert duration(seconds) == said


def test_lists_and_figures():
    assert [listed(list(words)) for words in ("", "a", "ab", "abc")] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
    assert kid_text(0.00231, 0.0002) == "2.3 ± 0.2"
    assert kid_text(-0.0123, 0.01) == "−12.3 ± 10.0"
    assert kid_text(345.2437, 9.1868) == "345,244 ± 9,187"
