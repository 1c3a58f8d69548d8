"""study.csv: one row per finished run, the small table that everything is drawn from.

The file is replaced whole for each new row, so that nobody ever reads half of one. A last line
that does not end, as another program or a full disk may leave it, is no row.
"""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from ballgen.errors import InputError
from ballgen.util.files import write_file
from ballgen.util.paths import expand
from studies.four_hypotheses.design import Design, Setting, Trial

TABLE_VARIABLE = "BALLGEN_STUDY"
USUAL_TABLE = Path(__file__).parent / "study.csv"

SETTING = tuple(f.name for f in fields(Setting))
NEEDED = ("kid_normal", "kid_flow", "kid_reconstructions", "sse")
FIGURES = (
    *NEEDED,
    "kid_real",
    "sse_posterior",
    "kl",
    "parameters",
    "train_seconds",
    "total_seconds",
)
COLUMNS = ("design", *SETTING, "seed", *FIGURES)
LEARNED = "learned"


@dataclass(frozen=True)
class Row:
    """A finished run: which, and its figures by name; README.md explains each."""

    design: str
    trial: Trial
    figures: Mapping[str, float]


def table_path() -> Path:
    """The table: the file in $BALLGEN_STUDY if it is set, else study.csv."""
    chosen = os.environ.get(TABLE_VARIABLE)
    return expand(chosen).absolute() if chosen else USUAL_TABLE


def read_table(path: Path) -> list[Row]:
    """Every row, in the order of writing; none where there is no table. Raises `InputError`."""
    lines = _whole_lines(path)
    if not lines:
        return []
    header, *cells = csv.reader(lines)
    if tuple(header) != COLUMNS:
        raise InputError(
            f"{path} has other columns than {', '.join(COLUMNS)}: move it away, and the study "
            "begins a new one"
        )
    return [_row(path, number, row) for number, row in enumerate(cells, start=2)]


def append_row(path: Path, row: Row) -> None:
    """Add a row at the end. Raises `InputError`."""
    read_table(path)  # a damaged table is not written to
    values = {"design": row.design, "seed": row.trial.seed} | vars(row.trial.setting)
    values |= {name: f"{value:.6g}" for name, value in row.figures.items()}
    if values["sigma"] is None:
        values["sigma"] = LEARNED
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    lines = _whole_lines(path)
    if not lines:
        writer.writeheader()
    writer.writerow(values)
    write_file(path, ("".join(lines) + text.getvalue()).encode())


def rows_of(design: Design, rows: list[Row]) -> list[Row]:
    """The rows that this design made, one per trial: the latest."""
    return list({row.trial: row for row in rows if row.design == design.digest}.values())


def _whole_lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read ({error}): restore it from a copy") from error
    return [line for line in text.splitlines(keepends=True) if line.endswith("\n")]


def _row(path: Path, number: int, cells: list[str]) -> Row:
    try:
        values = dict(zip(COLUMNS, cells, strict=True))
        whole = {name: int(values[name]) for name in SETTING if name not in ("family", "sigma")}
        sigma = None if values["sigma"] == LEARNED else float(values["sigma"])
        setting = Setting(family=values["family"], sigma=sigma, **whole)
        figures = {name: float(values[name]) for name in FIGURES if values[name]}
        if not all(map(math.isfinite, figures.values())) or not figures.keys() >= set(NEEDED):
            raise ValueError("a figure is missing or no finite number")
        return Row(values["design"], Trial(setting, int(values["seed"])), figures)
    except ValueError as error:
        raise InputError(
            f"line {number} of {path} is no row of the study ({error}): delete that line, and its "
            "run is made again"
        ) from error
