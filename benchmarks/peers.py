"""Error over CPU seconds, of ballgen, of textbook loops and of pythae: python -m benchmarks.peers

For AE and VAE the squared error per held-out image, for the GAN its KID, on the drawn balls of
32 px, one thread each; the seconds at which each reaches a given error; and the seconds of a step.
Results are kept in a JSON as they come, and a second run goes on where the first ended: with
`--minutes` it can be taken in pieces, with 0 it prints and draws what the JSON has, and puts the
table into docs/peers.md, which says what is equal and what is not.

Without pythae (`pip install -e .[peers]`) its lines are left out.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import re
import statistics
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from ballgen.experiment import Data, load_data
from ballgen.recipes import get_recipe
from ballgen.training.distributed import choose_precision
from benchmarks.peers_plot import draw
from benchmarks.peers_trainings import (
    BATCH_SIZE,
    Points,
    ballgen,
    pythae,
    textbook,
    textbook_gan,
)

ROOT = Path(__file__).parents[1]
RESULTS, PICTURE = ROOT / "docs" / "peers.json", ROOT / "docs" / "images" / "peers.png"
DOCS, START, END = ROOT / "docs" / "peers.md", "<!-- peers -->", "<!-- end of peers -->"
SEEDS = 3
# CPU seconds: ballgen's learning rate falls to 0 at each, in a training of its own; the others are
# looked at on the way. The last seed of the tuned one goes on, in case it gets there later.
MARKS = [10.0, 25.0, 60.0]
ON_THE_WAY = [5.0, 10.0, 15.0, 25.0, 40.0, 60.0]
LONGER = [100.0, 160.0]
GIVEN = {"ae": 6.0, "vae": 5.0}  # squared error per image
TUNING = 25.0  # CPU seconds of the first seed for each setting that a user might try
ROUNDS, ROUND = 3, 4.0  # CPU seconds, in turns: what the machine does besides meets everybody

Contender = Callable[[str, Data, int, list[float]], Points]


def contenders(family: str, tuned: dict[str, Any]) -> dict[str, Contender]:
    """Who is compared, by the names in the JSON.

    tuned  settings of the textbook loop that were found best
    """
    if family == "gan":
        return {"ballgen": ballgen, "textbook": textbook_gan}
    found: dict[str, Contender] = {
        "ballgen": ballgen,
        "batch norm": partial(textbook, batch_norm=True),
        "tuned": partial(textbook, batch_norm=True, **tuned),
        "textbook": textbook,
        "pythae": partial(pythae, batch_norm=True),
    }
    return found if has_pythae() else {k: v for k, v in found.items() if k != "pythae"}


def has_pythae() -> bool:
    try:
        return bool(version("pythae"))
    except PackageNotFoundError:
        return False


def marks_of(name: str, seed: int) -> list[float]:
    """CPU seconds at which a contender is measured."""
    if name == "ballgen":
        return MARKS
    return ON_THE_WAY + (LONGER if seed == SEEDS - 1 and name == "tuned" else [])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--families", default="vae,ae,gan", help="by default %(default)s")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--minutes", type=float, default=math.inf, help="begin nothing after them")
    parser.add_argument("--json", type=Path, default=RESULTS)
    parser.add_argument("--picture", type=Path, default=PICTURE)
    options = parser.parse_args()
    end = time.monotonic() + 60 * options.minutes
    torch.set_num_threads(1)
    families = options.families.split(",")
    data = load_data("sportballs", get_recipe("vae"))
    results = json.loads(options.json.read_text()) if options.json.exists() else {}
    results |= {"machine": machine()}
    tuned = results.setdefault("tuned", {})
    for family in families:
        if family != "gan" and family not in tuned and time.monotonic() < end:
            tuned[family] = tune(family, data)
            save(results, options.json)
    steps = results.setdefault("steps", {})
    for family in families:
        if family != "gan" and family not in steps and time.monotonic() < end:
            steps[family] = pace(family, data)
            save(results, options.json)
    everybody = {family: contenders(family, tuned.get(family, {})) for family in families}
    wanted = [
        (family, name, seed)
        for seed in range(options.seeds)
        for family in families
        for name in everybody[family]
    ]
    for family, name, seed in wanted:
        curves = results.setdefault(family, {}).setdefault(name, {})
        points = curves.get(str(seed), [])
        marks = marks_of(name, seed)[len(points) :]
        for part in [[mark] for mark in marks] if name == "ballgen" else [marks] * bool(marks):
            if time.monotonic() > end:
                break
            points = curves[str(seed)] = points + everybody[family][name](family, data, seed, part)
            said = ", ".join(f"{error:.2f} at {seconds:.0f} s" for seconds, _, error in points)
            print(f"{family}, {name}, seed {seed}: {said}", flush=True)
            save(results, options.json)
    print(table(results))
    if options.json == RESULTS:
        before, rest = DOCS.read_text().split(START)
        DOCS.write_text(f"{before}{START}\n{table(results)}\n{END}{rest.split(END)[1]}")
    draw(results, GIVEN, options.picture)


def save(results: dict[str, Any], path: Path) -> None:
    """Write the measured curves, a point a line."""
    point = re.compile(r"\[\s+([^][]*?)\s+\]")
    text = point.sub(lambda found: f"[{' '.join(found[1].split())}]", json.dumps(results, indent=1))
    path.write_text(f"{text}\n")


def tune(family: str, data: Data) -> dict[str, float]:
    """The learning rate, and of a VAE the weight of the KL, that come to the smallest error."""
    tried = {}
    for rate in (1e-3, 2e-3, 4e-3, 8e-3):
        for weight in (0.1, 0.01) if family == "vae" else (1.0,):
            settings = {"learning_rate": rate, "kl_weight": weight}
            ((_, _, error),) = textbook(family, data, 0, [TUNING], batch_norm=True, **settings)
            tried[error] = settings
            print(f"{family}, {settings}: {error:.2f} at {TUNING:.0f} s", flush=True)
    return tried[min(tried)]


def pace(family: str, data: Data) -> dict[str, float]:
    """CPU seconds per step of each contender: the median of some rounds, in turns."""
    everybody = contenders(family, {}) | ({"pythae, no batch norm": pythae} if has_pythae() else {})
    rounds: dict[str, list[float]] = {name: [] for name in everybody if name != "tuned"}
    for _ in range(ROUNDS):
        for name, values in rounds.items():
            ((seconds, steps, _error),) = everybody[name](family, data, 0, [ROUND])
            values.append(seconds / steps)
    return {name: statistics.median(values) for name, values in rounds.items()}


def machine() -> dict[str, str]:
    names = ("torch", "numpy") + (("pythae",) if has_pythae() else ())
    processor = torch.cpu.get_capabilities()
    found = {"processor": f"{processor['cpu_name']}, {processor['num_logical_cores']} cores"}
    found["bf16 units"] = str(choose_precision("auto", torch.device("cpu")) == "bf16")
    return found | {"python": platform.python_version()} | {name: version(name) for name in names}


def seconds_to(points: Points, error: float) -> float:
    """CPU seconds at which a curve comes down to an error, between two points on a line in
    logarithms; infinity if it does not.
    """
    before = None
    for seconds, _, value in points:
        if value <= error:
            if before is None:
                return seconds
            share = math.log(before[1] / error) / math.log(before[1] / value)
            return before[0] * (seconds / before[0]) ** share
        before = seconds, value
    return math.inf


def table(results: dict[str, Any]) -> str:
    """What was measured, as Markdown: mean (lowest to highest) over the seeds."""
    lines = []
    for family in (f for f in ("ae", "vae", "gan") if any(results.get(f, {}).values())):
        given = GIVEN.get(family)
        heads = [f"{mark:.0f} s" for mark in MARKS] + ([f"reaches {given:g}"] if given else [])
        lines += ["", " | ".join([f"| {family}", "seeds", *heads]) + " |"]
        lines.append("|---" * (len(heads) + 2) + "|")
        for name, by_seed in results[family].items():
            if curves := list(by_seed.values()):
                cells = [name, str(len(curves)), *(errors_at(curves, mark) for mark in MARKS)]
                cells += [reached(curves, given)] if given else []
                lines.append("| " + " | ".join(cells) + " |")
    for family, paces in results.get("steps", {}).items():
        lines += ["", f"| {family}, ms of CPU per step of {BATCH_SIZE} images | |", "|---|---|"]
        lines += [f"| {name} | {1000 * seconds:.1f} |" for name, seconds in paces.items()]
    return "\n".join(lines)


def errors_at(curves: list[Points], mark: float) -> str:
    """Mean (lowest to highest) of the seeds that were measured at so many CPU seconds."""
    at = [e for points in curves for seconds, _, e in points if abs(seconds / mark - 1) < 0.1]
    if not at:
        return "–"
    whole = f"{statistics.mean(at):.3g} ({min(at):.3g} to {max(at):.3g})"
    return whole if len(at) > 1 else f"{at[0]:.3g}"


def reached(curves: list[Points], error: float) -> str:
    """Of the seeds that reached the error: mean (lowest to highest) of their seconds."""
    times = [seconds for points in curves if (seconds := seconds_to(points, error)) < math.inf]
    if not times:
        return f"not in {max(points[-1][0] for points in curves):.0f} s"
    share = f"{len(times)} of {len(curves)}"
    spread = f"{min(times):.0f} to {max(times):.0f}; " if len(times) > 1 else ""
    return f"{statistics.mean(times):.0f} s ({spread}{share})"


if __name__ == "__main__":
    main()
