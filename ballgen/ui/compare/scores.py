"""The scores as tables, a column for every selected model."""

from __future__ import annotations

import streamlit as st

from ballgen.report.metrics import ABSENT, best, grouped, how_sure, metrics, size_and_cost
from ballgen.ui.session.loading import open_checkpoint
from ballgen.ui.session.selection import Slot
from ballgen.ui.widgets.tables import offer_csv, show_figures

SIZE = "Size and cost"


def show_scores(slots: list[Slot]) -> None:
    """Scores, size and cost of models that can be opened."""
    if not slots:
        return
    columns, scores = {}, []
    for slot in slots:
        checkpoint = open_checkpoint(slot.info)
        scores.append(metrics(checkpoint))
        size = {"Checkpoint": slot.info.name} | size_and_cost(checkpoint)
        columns[slot.title] = grouped(scores[-1]) | {SIZE: size}
    better = best([open_checkpoint(slot.info).scores for slot in slots])
    groups = dict.fromkeys(group for column in columns.values() for group in column)
    with st.container(key="scores"):
        for group in groups:
            part = {title: column[group] for title, column in columns.items()}
            show_figures(part, f"{group} of every selected model", group, better)
    if better:
        st.caption("Bold: the best, and what lies within its error.")
    st.caption(how_sure(scores))
    offer_csv(_rows(columns), "scores")


def _rows(columns: dict[str, dict[str, dict[str, str]]]) -> tuple[tuple[str, ...], ...]:
    names = dict.fromkeys(
        (group, name)
        for column in columns.values()
        for group, figures in column.items()
        for name in figures
    )
    rows = [
        (group, name, *(column[group].get(name, ABSENT) for column in columns.values()))
        for group, name in names
    ]
    return ("group", "figure", *columns), *rows
