"""The files of a run, as its worker writes and others read them.

runs/<id>/
    history.jsonl         one line per epoch, growing
    progress.json         where training stands, rewritten twice a second
    <recipe>.unfinished   all that resuming needs
    <recipe>/             the finished checkpoint
    frames/               see `frames`
    log.txt               what the worker printed
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from ballgen.runs.registry import Run
from ballgen.util.files import write_file


class Progress(NamedTuple):
    """Where a run stands.

    stage    what is being done, in words
    step     of `steps`
    epoch    under way, of `epochs`
    seconds  spent in training so far, over all resumptions
    seconds_left       seconds of training to come; None if not known yet
    images_per_second  while it trains
    """

    stage: str = ""
    step: int = 0
    steps: int = 0
    epoch: int = 0
    epochs: int = 0
    seconds: float = 0.0
    seconds_left: float | None = None
    images_per_second: float | None = None

    @property
    def fraction(self) -> float:
        """How much of the training is done, from 0 to 1."""
        return self.step / self.steps if self.steps else 0.0


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
            return Progress(**json.loads(self.progress_file.read_text()))
        except (OSError, ValueError, TypeError):
            return Progress()

    def write_progress(self, progress: Progress) -> None:
        """Replace the progress file. Raises `InputError` if it cannot be written."""
        write_file(self.progress_file, json.dumps(progress._asdict()).encode())

    def history(self) -> list[dict[str, float]]:
        """One row per finished epoch, without lines that are cut short or damaged."""
        try:
            lines = self.history_file.read_text(errors="replace").splitlines()
        except FileNotFoundError:
            return []
        return [row for row in map(_row, lines) if row]

    def write_history(self, rows: list[dict[str, Any]]) -> None:
        """Replace the history file. Raises `InputError` if it cannot be written.

        It is not appended to: a killed run goes on from its last state, which may lie some epochs
        before the last line.
        """
        write_file(self.history_file, "".join(json.dumps(row) + "\n" for row in rows).encode())

    def last_lines(self, count: int = 20) -> str:
        """The end of what the worker printed."""
        try:
            lines = self.log.read_text(errors="replace").splitlines()
        except FileNotFoundError:
            return ""
        return "\n".join(lines[-count:])


def _row(line: str) -> dict[str, float]:
    """A line of the history; empty if it is damaged."""
    try:
        row = json.loads(line)
    except ValueError:
        return {}
    return row if isinstance(row, dict) and "epoch" in row else {}
