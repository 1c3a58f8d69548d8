"""How many pictures of balls are drawn per second: `python benchmarks/draw_rate.py`.

Counts everything from the seed to the finished ImageSet, factors included, cache excluded.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # runs from a clone without installing

import torch

from ballgen.data.sportballs.factors import BallSettings
from ballgen.data.sportballs.sets import make_balls


def rates(size: int, count: int, rounds: int) -> list[float]:
    """Pictures per second of every round, after one that is not counted."""
    settings = BallSettings(image_size=size)
    make_balls(count // 10, settings=settings)  # paints the skins
    measured = []
    for seed in range(rounds):
        start = time.perf_counter()
        make_balls(count, seed=seed, settings=settings)
        measured.append(count / (time.perf_counter() - start))
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, help="measured rounds per size")
    parser.add_argument("--threads", type=int, default=2, help="drawing threads")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    for size, count in ((32, 4000), (64, 1000)):
        measured = rates(size, count, options.rounds)
        print(
            f"{size}×{size} px: {statistics.median(measured):,.0f} images/s "
            f"(median of {options.rounds} rounds of {count:,}, "
            f"{min(measured):,.0f} to {max(measured):,.0f}, {options.threads} threads)"
        )


if __name__ == "__main__":
    main()
