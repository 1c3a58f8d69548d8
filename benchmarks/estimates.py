"""Estimates of how long a run takes, over how long it took: python -m benchmarks.estimates

Five runs on drawn balls, from the smallest to some minutes, one after the other: the seconds that
were expected to the finished checkpoint, those that it took, and their ratio; also those that came
on top of training: the start, priors, scores and files. Nothing else should run meanwhile.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from ballgen.estimate import expected_seconds
from ballgen.experiment import Experiment, load_data
from ballgen.recipes import get_recipe

# Recipe, training images, epochs or minutes.
RUNS = (
    ("ae", 64, {"epochs": 1}),
    ("vae", 2000, {"epochs": 5}),
    ("gan", 2000, {"epochs": 2}),
    ("vae", None, {"minutes": 1.0}),
    ("ae", None, {"epochs": 4}),
)


def main() -> None:
    print(f"{'run':40} {'expected':>9} {'took':>9} {'ratio':>6}")
    for name, limit, length in RUNS:
        epochs = {"training.epochs": length["epochs"]} if "epochs" in length else {}
        recipe = get_recipe(name).changed(epochs)
        data = load_data("sportballs", recipe, limit=limit)
        with tempfile.TemporaryDirectory() as folder:
            run = Experiment(recipe, data, Path(folder), minutes=length.get("minutes"))
            begun = time.perf_counter()
            expected = expected_seconds(run)
            probed = time.perf_counter()
            trained = run.run().record["seconds"]
            took = time.perf_counter() - probed
        said = f"{name}, {limit or 'all'} images, {length}"
        print(
            f"{said:40} {expected:7.0f} s {took:7.0f} s {expected / took:6.2f}"
            f"  (found in {probed - begun:.1f} s; {took - trained:.0f} s on top of training)",
            flush=True,
        )


if __name__ == "__main__":
    main()
