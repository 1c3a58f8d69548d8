"""The settings of the models side by side, as far as they differ."""

from __future__ import annotations

import streamlit as st

from ballgen.report.metrics import ABSENT, compare_settings
from ballgen.ui.session.loading import open_checkpoint
from ballgen.ui.session.selection import Slot
from ballgen.ui.widgets.tables import offer_csv, show_table


def show_settings(slots: list[Slot]) -> None:
    """Those that differ; of a single model all of them. The CSV holds all."""
    if not slots:
        return
    every, differing = compare_settings(
        {slot.title: open_checkpoint(slot.info).model for slot in slots}
    )
    shown = every if len(slots) == 1 else differing
    if len(shown) == 1:
        st.caption("The models have the same settings: what differs is the seed or the images.")
    else:
        header, *rows = shown
        columns = dict(zip(header, map(list, zip(*rows, strict=True)), strict=True))
        show_table(columns, alt="Settings of every selected model")
        st.caption(f"{len(rows)} of {len(every) - 1} settings; {ABSENT}: the family has none.")
    offer_csv(every, "settings")
