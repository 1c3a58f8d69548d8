"""The files of a run, as its worker writes and others read them.

runs/<id>/
    history.jsonl         one line per epoch, growing
    progress.json         where training stands, rewritten twice a second
    <recipe>.unfinished   all that resuming needs
    <recipe>/             the finished checkpoint
    frames/               see `frames`
    log.txt               what the worker printed
"""

import json
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import Field, TypeAdapter

from ballgen.errors import InputError
from ballgen.recipes import Recipe
from ballgen.runs.liveness import last_lease
from ballgen.runs.registry import FINISHED, QUEUED, RUNNING, Registry, Run
from ballgen.util.checks import is_figure
from ballgen.util.files import write_file
from ballgen.util.versions import is_newer, written_by
from ballgen.util.wording import duration

Count = Annotated[int, Field(ge=0, lt=2**53)]
Seconds = Annotated[float, Field(ge=0, lt=2**53)]  # or what else is no count


class Progress(NamedTuple):
    """Where a run stands.

    stage    what is being done, in words
    step     of `steps`
    epoch    under way, of `epochs`
    seconds  spent in training so far, over all resumptions
    seconds_left       seconds of training to come; None if not known yet
    images_per_second  while it trains
    stage_done         what share of the stage is done, from 0 to 1; None while it trains
    """

    stage: str = ""
    step: Count = 0
    steps: Count = 0
    epoch: Count = 0
    epochs: Count = 0
    seconds: Seconds = 0.0
    seconds_left: Seconds | None = None
    images_per_second: Seconds | None = None
    stage_done: Seconds | None = None

    @property
    def fraction(self) -> float:
        """How much of the training is done, from 0 to 1."""
        return self.step / self.steps if self.steps else 0.0


def describe(run: Run, progress: Progress) -> str:
    """Where a run stands, in words: "epoch 12 of 40 · 3 min left · 520 images per second"."""
    parts = [f"epoch {progress.epoch} of {progress.epochs}"] if progress.steps else []
    if run.active and run.requested_action:
        parts.append("asked to stop: it saves itself")
    elif run.state == QUEUED:
        parts.append("waits for its turn")
    elif run.state == RUNNING:
        if progress.stage != "training":
            done = "" if progress.stage_done is None else f" {progress.stage_done:.0%}"
            parts.append((progress.stage or "starting") + done)
        if progress.seconds_left is not None:
            parts.append(f"{duration(progress.seconds_left)} left")
        if progress.images_per_second is not None:
            parts.append(f"{progress.images_per_second:,.0f} images per second")
    elif progress.steps:
        parts.append(f"trained for {duration(progress.seconds)}")
    return " · ".join(parts)


def read_recipe(registry: Registry, run: Run) -> Recipe:
    """A run's recipe. Raises `InputError` for one that this ballgen cannot use."""
    try:
        return Recipe.from_dict(run.recipe)
    except InputError as error:
        folder = registry.folder / run.id
        version = lease.version if (lease := last_lease(folder)) else ""
        remedy = "update ballgen" if is_newer(version) else "start the run anew"
        raise InputError(
            f"run {run.id} in {folder} was started {written_by(version)}, and cannot be used "
            f"({error}): {remedy}"
        ) from error


class RunFolder:
    """Reads and writes one run's files. A reader never meets half of one."""

    def __init__(self, runs: Path, run: Run) -> None:
        self.path = runs / run.id
        self.checkpoint = self.path / run.recipe.get("name", "")
        self.frames = self.path / "frames"
        self.log = self.path / "log.txt"
        self.history_file = self.path / "history.jsonl"
        self.progress_file = self.path / "progress.json"

    def progress(self) -> Progress:
        """Where it stands; all zeros before the worker wrote anything that can be read.

        A list of all runs must not fall over the damage of one.
        """
        try:
            values = json.loads(_text(self.progress_file))
            return TypeAdapter(Progress).validate_python(values)
        except (ValueError, RecursionError):
            return Progress()

    def write_progress(self, progress: Progress) -> None:
        """Replace the progress file. Raises `InputError` if it cannot be written."""
        write_file(self.progress_file, json.dumps(progress._asdict()).encode())

    def history(self) -> list[dict[str, float]]:
        """One row per finished epoch, without lines that are cut short or damaged."""
        return [row for row in map(_row, _text(self.history_file).splitlines()) if row]

    def write_history(self, rows: list[dict[str, Any]]) -> None:
        """Replace the history file. Raises `InputError` if it cannot be written.

        It is not appended to: a killed run goes on from its last state, which may lie some epochs
        before the last line.
        """
        write_file(self.history_file, "".join(json.dumps(row) + "\n" for row in rows).encode())

    def last_lines(self, count: int = 20) -> str:
        """The end of what the worker printed."""
        return "\n".join(_text(self.log).splitlines()[-count:])


def last_duration(
    registry: Registry, recipe: Recipe, source: str, limit: int | None, image_size: int | None
) -> float | None:
    """Seconds of the last finished run of this recipe on these images; None if there is none.

    Of a run that was resumed only the training counts, which its progress sums up.
    Raises `InputError` for a source that cannot be, and without a usable registry.
    """
    from ballgen.data.sources import canonical  # late: a list of runs needs no torch

    wanted = (recipe.to_dict(), canonical(source), limit, image_size)
    for run in registry.all():
        loading = run.loading.get("limit"), run.loading.get("image_size")
        if run.state != FINISHED or run.minutes or (run.recipe, run.source, *loading) != wanted:
            continue
        trained = RunFolder(registry.folder, run).progress().seconds
        return max(trained, (run.ended_at or 0.0) - (run.started_at or 0.0))
    return None


def _row(line: str) -> dict[str, float]:
    """A line of the history; empty if it is damaged."""
    try:
        row = json.loads(line)
        numbers = {name: value for name, value in row.items() if is_figure(value)}
        whole = isinstance(numbers["epoch"], int) and numbers["epoch"] > 0
        return numbers if whole else {}
    except (ValueError, LookupError, AttributeError, RecursionError):
        return {}


def _text(path: Path) -> str:
    """What a file holds; nothing if there is none that can be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    except OSError:
        return ""
