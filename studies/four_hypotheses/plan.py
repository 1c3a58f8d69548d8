"""What is missing of the study."""

from __future__ import annotations

from studies.four_hypotheses.design import Trial
from studies.four_hypotheses.table import Row


def missing(trials: list[Trial], rows: list[Row]) -> list[Trial]:
    """The trials that have no row yet."""
    standing = {row.trial for row in rows}
    return [trial for trial in trials if trial not in standing]
