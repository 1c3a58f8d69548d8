"""Training by the clock beside one busy process: python -m benchmarks.beside [SECONDS]

`gan` and `vae` on drawn balls, so many seconds (by default 20) alone and as many beside a process
of pure Python, in turns: images/s and their ratio. Nothing else should run meanwhile.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from ballgen.experiment import Experiment, load_data
from ballgen.recipes import get_recipe
from ballgen.training.runner import StageRunner
from ballgen.training.stages import training_stage

TURNS = 2


@contextmanager
def a_busy_process():
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        busy.kill()
        busy.wait()


def pace(name: str, seconds: float) -> float:
    """Images/s of a recipe's first stage, in so many seconds."""
    recipe = get_recipe(name).changed({"finetuning": "none"} if name == "vae" else {})
    data = load_data("sportballs", recipe)
    with tempfile.TemporaryDirectory() as folder:
        run = Experiment(recipe, data, Path(folder), minutes=seconds / 60)
        state = run.begin()
        StageRunner(state, data.train, run.state_file, run.identity, 1e9).run(
            training_stage(state.model)
        )
    return state.history[-1]["images"] / state.seconds


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    for name in ("gan", "vae"):
        for _ in range(TURNS):
            alone = pace(name, seconds)
            with a_busy_process():
                beside = pace(name, seconds)
            print(f"{name}: {alone:.0f} images/s alone, {beside:.0f} beside: {beside / alone:.2f}")


if __name__ == "__main__":
    main()
