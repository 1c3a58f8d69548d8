from __future__ import annotations

import time

import pytest

from ballgen.errors import InputError
from ballgen.runs import estimates
from ballgen.runs.estimates import Estimates
from tests.helpers.tiny import tiny_recipe, write_balls

LOADING = {"limit": None, "image_size": 16}


def answer(asked: Estimates, *order) -> float:
    while (seconds := asked.ask(*order)) is None:
        time.sleep(0.1)
    return seconds


@pytest.mark.slow
def test_a_process_finds_how_long_a_run_will_take(tmp_path):
    write_balls(tmp_path)
    order = (tiny_recipe("ae"), str(tmp_path), LOADING, 0, None)
    asked = Estimates()
    assert asked.ask(*order) is None
    assert answer(asked, *order) > 1  # torch alone takes as long to import
    assert asked._process is None
    assert asked.ask(*order) == asked.ask(*order)


@pytest.mark.slow
def test_what_cannot_be_loaded_has_no_estimate_and_is_tried_once(tmp_path):
    asked, order = Estimates(), (tiny_recipe("ae"), str(tmp_path / "none"), LOADING, 0, None)
    with pytest.raises(InputError, match="not known"):
        answer(asked, *order)
    with pytest.raises(InputError, match="not known"):
        asked.ask(*order)
    assert asked._process is None


def test_another_form_waits_for_its_turn_until_nobody_asks_for_the_first(tmp_path, monkeypatch):
    first, second = ((tiny_recipe("ae"), str(tmp_path / name), LOADING, 0, None) for name in "ab")
    asked = Estimates()
    asked.ask(*first)
    process = asked._process
    try:
        asked.ask(*second)
        assert asked._process is process
        monkeypatch.setattr(estimates, "PATIENCE", 0.0)
        asked.ask(*second)
        assert asked._process is not process
        assert process.poll() is not None
    finally:
        asked._end()
