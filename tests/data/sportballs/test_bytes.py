"""Same seed, same bytes: on any processor, for any batch size and number of threads."""

from __future__ import annotations

import os

import numpy as np
import pytest
import torch

from ballgen.data.sportballs.factors import CLASS_NAMES, BallSettings, draw_factors
from ballgen.data.sportballs.render import draw_balls
from ballgen.data.sportballs.sets import make_balls
from tests.helpers.commands import python
from tests.helpers.drawn import EVERYTHING

# Images in caches and scores in model cards lean on these bytes. If a change is meant, raise
# DRAWER_VERSION and put the new digests here.
GOLDEN = {
    "default": "d8dd9354bdc48d82a6bf590f3b5d9e9dd6ab33e02723227e836e95b3245e5e11",
    "everything": "d5cf1c3a20ac6660191512c6b428340426f0372342cbfb11a37b60d64c98c69e",
    "flat": "73302f2872b745d41beca89d8fae73ef3bd2588bc1e7d0d92049863574422d63",
}
FLAT = BallSettings(64, CLASS_NAMES, style="flat")


@pytest.mark.parametrize(
    ("name", "settings"), [("default", BallSettings()), ("everything", EVERYTHING), ("flat", FLAT)]
)
def test_bytes_never_change(name: str, settings: BallSettings) -> None:
    assert make_balls(48, "train", seed=3, settings=settings).digest == GOLDEN[name]


@pytest.mark.slow
def test_bytes_do_not_depend_on_the_processor() -> None:
    # numpy then runs its plainest loops, as on an old processor.
    fast_paths = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    script = (
        "from ballgen.data.sportballs.factors import CLASS_NAMES, BallSettings\n"
        "from ballgen.data.sportballs.sets import make_balls\n"
        "print(make_balls(48, seed=3).digest)\n"
        "s = BallSettings(64, CLASS_NAMES, 'texture', 'full', 2)\n"
        "print(make_balls(48, seed=3, settings=s).digest)\n"
        "s = BallSettings(64, CLASS_NAMES, style='flat')\n"
        "print(make_balls(48, seed=3, settings=s).digest)\n"
    )
    plain = os.environ | {"NPY_DISABLE_CPU_FEATURES": " ".join(fast_paths)}
    told = python("-c", script, env=plain)
    assert told.stdout.split() == list(GOLDEN.values()), told.stderr


@pytest.mark.parametrize("settings", [BallSettings(), EVERYTHING, FLAT])
def test_batch_size_changes_nothing(settings: BallSettings) -> None:
    count = 40 if settings is EVERYTHING else 150  # more than one chunk
    whole = draw_factors(count, seed=1, settings=settings)
    parts = [draw_factors(10, 1, settings, start=start) for start in range(0, count, 10)]
    assert torch.equal(whole, torch.cat(parts))
    images = draw_balls(whole, settings)
    assert torch.equal(images, torch.cat([draw_balls(part, settings) for part in parts]))
    assert torch.equal(images[7:8], draw_balls(whole[7:8], settings))


def test_thread_count_changes_nothing() -> None:
    factors = draw_factors(200, seed=4)
    threads = torch.get_num_threads()
    several = draw_balls(factors)
    try:
        torch.set_num_threads(1)
        assert torch.equal(draw_balls(factors), several)
    finally:
        torch.set_num_threads(threads)


def test_seeds_and_splits_differ() -> None:
    factors = [
        make_balls(50, "train", 0).factors,
        make_balls(50, "test", 0).factors,
        make_balls(50, "train", 1).factors,
    ]
    for i in range(3):
        for j in range(i):
            assert (factors[i] == factors[j]).all(dim=1).sum() <= 1
