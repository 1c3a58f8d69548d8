"""The scores as a table, a column for every selected model."""

from __future__ import annotations

import streamlit as st

from ballgen.errors import InputError
from ballgen.report.metrics import how_sure, metrics, size_and_cost
from ballgen.ui.session.loading import open_checkpoint
from ballgen.ui.session.selection import Selection
from ballgen.ui.widgets.tables import show_figures


def show_scores(selection: Selection) -> None:
    """Scores, size and cost of every selected model."""
    columns = {}
    for slot in selection.slots:
        if not slot.info:
            continue
        try:
            checkpoint = open_checkpoint(slot.info)
        except InputError:
            continue  # the message stands above, where the samples would be
        scores = metrics(checkpoint) | size_and_cost(checkpoint)
        columns[slot.title] = {"Checkpoint": slot.info.name} | scores
    if columns:
        st.header("Scores", anchor=False)
        with st.container(key="scores"):
            show_figures(columns, alt="Scores, size and cost of every selected model")
        st.caption(how_sure(list(columns.values())))
