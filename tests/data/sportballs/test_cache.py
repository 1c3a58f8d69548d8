"""A drawn set is kept, and never drawn twice."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from ballgen.data.sources import load_images
from ballgen.data.sportballs import sets
from ballgen.data.sportballs.factors import BallSettings
from ballgen.data.sportballs.sets import make_balls


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BALLGEN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def forbid_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    def draw(*_: object) -> torch.Tensor:
        raise AssertionError("drawn again")

    monkeypatch.setattr(sets, "draw_balls", draw)


def test_cached_set_is_not_drawn_again(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = make_balls(20, "test", seed=5, cache=True)
    forbid_drawing(monkeypatch)
    again = make_balls(20, "test", seed=5, cache=True)
    assert again.digest == first.digest
    assert torch.equal(again.factors, first.factors)
    assert [path.suffix for path in cache.iterdir()] == [".npz"]
    for other in (
        {"count": 21, "seed": 5},
        {"count": 20, "seed": 6},
        {"count": 20, "seed": 5, "cache": False},
        {"count": 20, "seed": 5, "settings": BallSettings(rotation="full")},
        {"count": 20, "seed": 5, "settings": BallSettings(style="flat")},
    ):
        with pytest.raises(AssertionError, match="drawn again"):
            make_balls(split="test", **({"cache": True} | other))
    with pytest.raises(AssertionError, match="drawn again"):
        make_balls(20, "train", seed=5, cache=True)
    monkeypatch.setattr(sets, "DRAWER_VERSION", -1)
    with pytest.raises(AssertionError, match="drawn again"):
        make_balls(20, "test", seed=5, cache=True)


def test_counts_of_the_built_in_set(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = []

    def draw(factors: torch.Tensor, settings: BallSettings) -> torch.Tensor:
        counts.append(len(factors))
        return torch.zeros(len(factors), 3, 32, 32, dtype=torch.uint8)

    monkeypatch.setattr(sets, "draw_balls", draw)
    monkeypatch.setenv("BALLGEN_CACHE", os.devnull)  # nothing drawn here may be kept
    load_images("sportballs")
    load_images("sportballs", "test")
    assert counts == [20_000, 2_000]


@pytest.mark.parametrize("damage", ["flipped", "cut", "empty", "other shape"])
def test_damaged_cache_is_drawn_again(cache: Path, damage: str) -> None:
    first = make_balls(20, "test", cache=True)
    (path,) = cache.iterdir()
    whole = path.read_bytes()
    if damage == "flipped":
        path.write_bytes(whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:])
    elif damage == "other shape":
        np.savez(path, pixels=np.zeros((20, 3, 16, 16), np.uint8))
    else:
        path.write_bytes(whole[:5000] if damage == "cut" else b"")
    assert make_balls(20, "test", cache=True).digest == first.digest
    assert path.read_bytes() == whole


def test_cache_that_cannot_be_written(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.write_text("a file where the folder should be")
    assert make_balls(5, "test", cache=True).digest == make_balls(5, "test").digest
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    monkeypatch.setenv("BALLGEN_CACHE", str(cache.parent / "full"))
    assert make_balls(5, "test", cache=True).digest == make_balls(5, "test").digest
    assert list((cache.parent / "full").iterdir()) == []
    monkeypatch.setenv("BALLGEN_CACHE", "~nobody-of-this-name/cache")
    assert make_balls(5, "test", cache=True).digest == make_balls(5, "test").digest
