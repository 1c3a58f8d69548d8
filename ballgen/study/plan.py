"""What is missing of the study, and how long it takes on this machine."""

from __future__ import annotations

from statistics import median
from typing import NamedTuple

from ballgen.runs.estimate import probed_rate, training_seconds
from ballgen.study.design import CHANNELS, Design, Setting, Trial
from ballgen.study.table import Row

USUAL_EXTRA = 45.0  # s beside training: start, scores and the fitted prior; until a row knows it


class Plan(NamedTuple):
    """Runs to make, in their order, with the seconds that each takes; and how many rows stand."""

    missing: dict[Trial, float]
    standing: int

    @property
    def seconds(self) -> float:
        return sum(self.missing.values())


def missing(trials: list[Trial], rows: list[Row]) -> list[Trial]:
    """The trials that have no row yet."""
    standing = {row.trial for row in rows}
    return [trial for trial in trials if trial not in standing]


def plan(design: Design, trials: list[Trial], rows: list[Row]) -> Plan:
    """Estimated from rows of networks that cost the same, else from a few steps of each."""
    extras = [row.figures["total_seconds"] - row.figures["train_seconds"] for row in rows]
    extra = median(extras) if extras else USUAL_EXTRA
    rates: dict[tuple[str, int], float] = {}
    wanted = {}
    for trial in missing(trials, rows):
        setting = trial.setting
        cost = setting.family, setting.width
        if cost not in rates:
            rates[cost] = _known_rate(cost, rows) or _measured_rate(design, setting)
        training = training_seconds(design.recipe(setting), setting.images, rates[cost])
        wanted[trial] = training + extra
    return Plan(wanted, len(trials) - len(wanted))


def _known_rate(cost: tuple[str, int], rows: list[Row]) -> float | None:
    rates = [
        setting.images * setting.epochs / row.figures["train_seconds"]
        for row in rows
        if ((setting := row.trial.setting).family, setting.width) == cost
    ]
    return median(rates) if rates else None


def _measured_rate(design: Design, setting: Setting) -> float:
    shape = (CHANNELS, design.image_size, design.image_size)
    return probed_rate(design.recipe(setting), shape)
