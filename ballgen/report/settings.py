"""The settings of models side by side, for reports and pages."""

from __future__ import annotations

from typing import Any

from ballgen.models.base import Model
from ballgen.util.settings import settings

ABSENT = "–"  # where a family has no such setting

Rows = tuple[tuple[Any, ...], ...]  # the first one is the header


def compare_settings(models: dict[str, Model]) -> tuple[Rows, Rows]:
    """Every setting of the models' recipes, and those that differ; the first row is the header.

    models  by what they are called
    """
    columns = [_set_in(model) for model in models.values()]
    paths = dict.fromkeys(path for column in columns for path in column)
    rows = [(path, *(column.get(path, ABSENT) for column in columns)) for path in paths]
    header = ("setting", *models)
    return (header, *rows), (header, *(row for row in rows if len(set(row[1:])) > 1))


def _set_in(model: Model) -> dict[str, str]:
    return {
        setting.path: _value(setting.value, setting.unit)
        for setting in settings(model.recipe)
        if setting.path not in ("name", "summary")
    }


def _value(value: object, unit: str) -> str:
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    number = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{number} {unit.removesuffix('s') if value == 1 else unit}".rstrip()
