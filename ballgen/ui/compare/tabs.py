"""Details of the comparison, one tab at a time."""

from __future__ import annotations

import streamlit as st

from ballgen.ui.compare import nearest, reconstructions
from ballgen.ui.compare.figure import NORMAL, Figure
from ballgen.ui.compare.nearest import show_nearest
from ballgen.ui.compare.reconstructions import show_reconstructions
from ballgen.ui.compare.scores import show_scores
from ballgen.ui.compare.settings import show_settings
from ballgen.ui.widgets.controls import by_hand

KEY = "compare_tab"
RECONSTRUCTIONS, SCORES, COPIES = "Reconstructions", "Scores", "Copies"
ASKED = {RECONSTRUCTIONS: reconstructions.ASKED, COPIES: nearest.ASKED}


@st.fragment
def show_tabs(figure: Figure) -> None:
    """What nobody opens is not computed; the link keeps which one is open."""
    slots = list(figure.fitted)
    samplings = {slot: figure.sampling(prior or NORMAL) for slot, prior in figure.fitted.items()}
    views = {
        RECONSTRUCTIONS: lambda: show_reconstructions(figure.selection.dataset, slots),
        SCORES: lambda: show_scores(slots),
        COPIES: lambda: show_nearest(samplings, figure.settings.count),
        "Settings that differ": lambda: show_settings(slots),
    }
    # An older link had a switch for the copies.
    first = COPIES if st.query_params.get("nearest") == "true" else SCORES
    tabs = st.tabs(
        list(views), default=first, key=KEY, on_change=_opened_by_hand, bind="query-params"
    )
    for tab, show in zip(tabs, views.values(), strict=True):
        if tab.open:
            with tab:
                show()


def _opened_by_hand() -> None:
    """Who opens a tab that takes seconds need not press its button, too."""
    if key := ASKED.get(st.session_state[KEY]):
        by_hand(key)()
