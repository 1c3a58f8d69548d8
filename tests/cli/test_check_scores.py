"""`python -m ballgen check-scores`."""

from __future__ import annotations

import json

import pytest

from ballgen.data.sportballs.sets import make_balls
from ballgen.data.writer import write_folder
from ballgen.scores import ladders
from ballgen.scores.ladders import LADDERS
from tests.helpers.commands import call

pytestmark = pytest.mark.slow  # draws and damages some hundred images

ASKED = ["-m", "ballgen", "check-scores", "--data", "sportballs", "--limit", "200", "--no-model"]


def test_it_prints_and_writes_the_order_on_each_ladder(tmp_path):
    done = call(*ASKED, "--spaces", "balls,random", "--json", tmp_path / "taus.json")
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "taus.json").read_text())
    assert list(found) == list(LADDERS)
    assert found["towards the mean image"]["random"]["kid"] == 1
    assert f"{found['blur']['balls']['kid']:.2f}" in done.stdout
    assert "features by default for these images: balls" in done.stdout


def test_unknown_spaces_and_too_few_images_are_one_line():
    done = call(*ASKED, "--spaces", "vgg")
    assert done.returncode == 2 and "'vgg' are unknown" in done.stderr
    done = call(*ASKED[:-2], "60")
    assert done.returncode == 2 and "ladders need 200 images" in done.stderr


def test_too_few_test_images_are_told_before_the_damage(tmp_path, monkeypatch):
    """Ladders of samples compare with test images; the others do without."""
    monkeypatch.setattr(ladders, "check_scores", forbidden)
    splits = {"train": make_balls(220, "train"), "test": make_balls(40, "test")}
    write_folder(splits, tmp_path / "few")
    done = call("-m", "ballgen", "check-scores", "--data", tmp_path / "few", "--spaces", "random")
    assert done.returncode == 2 and "the test images of 'few' are 40: give more" in done.stderr


def forbidden(*_: object) -> None:
    raise AssertionError("damaged images first")
