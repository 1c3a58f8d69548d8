"""Which files a training runs through: python -m benchmarks.files_of_a_training [RECIPE]

Runs `train_all.py --recipes RECIPE` on a few drawn balls and lists the files of this repository in
which a function runs, by what was going on: making the model and training it, fitting priors,
scoring and saving. Importing a file does not count.
"""

from __future__ import annotations

import argparse
import inspect
import runpy
import sys
import tempfile
from pathlib import Path
from types import CodeType, FrameType

ROOT = Path(__file__).parents[1]
TRAINING, PRIORS, SCORING = "data, model and training", "priors", "scoring and saving"
# By the function that begins it; fine-tuning comes after the priors.
BEGINS = {"fit_priors": PRIORS, "run_stage": TRAINING, "evaluate": SCORING}


class Tracer:
    """Notes the file of every function that runs, and what was going on when it first did."""

    def __init__(self) -> None:
        self.phase = TRAINING
        self.files: dict[str, str] = {}
        self.functions = 0
        self._seen: set[CodeType] = set()

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if code in self._seen or event != "call":
            return
        self._seen.add(code)
        path = Path(code.co_filename)
        own = path.is_relative_to(ROOT) and not path.is_relative_to(ROOT / "benchmarks")
        if not own or ".venv" in path.parts or code.co_flags & inspect.CO_NEWLOCALS == 0:
            return  # what has no locals of its own is a module, which runs when it is imported
        if "<lambda>" in code.co_qualname or code.co_qualname == code.co_name.capitalize():
            return
        self.phase = BEGINS.get(code.co_name, self.phase)
        self.files.setdefault(str(path.relative_to(ROOT)), self.phase)
        self.functions += 1


def main() -> None:
    """Trace one training and print its files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe", nargs="?", default="vae")
    recipe = parser.parse_args().recipe
    tracer = Tracer()
    with tempfile.TemporaryDirectory() as out:
        sys.argv = [
            "train_all.py",
            "--recipes",
            recipe,
            "--limit",
            "200",
            "--test-limit",
            "200",
            "--epochs",
            "2",
        ]
        sys.argv += ["--out", out]
        sys.setprofile(tracer)
        try:
            runpy.run_path(str(ROOT / "train_all.py"), run_name="__main__")
        except SystemExit as end:
            if end.code:
                raise
        finally:
            sys.setprofile(None)
    for phase in (TRAINING, PRIORS, SCORING):
        files = sorted(name for name, first in tracer.files.items() if first == phase)
        print(f"\n{phase}: {len(files)} files\n  " + "\n  ".join(files))
    print(f"\n{len(tracer.files)} files, {tracer.functions} functions in all")


if __name__ == "__main__":
    main()
