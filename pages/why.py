"""Why: where random codes fall, what the decoder makes of them, and what mends it."""

from __future__ import annotations

import streamlit as st

from ballgen.ui.session.selection import choose_models
from ballgen.ui.shell import guard
from ballgen.ui.why import page
from ballgen.ui.why.hypotheses import show_dci, show_figures, show_guesses
from ballgen.ui.why.path import show_walk
from ballgen.ui.why.study import show_study

guard()

st.title("Why", anchor=False)
st.markdown(
    "A decoder draws well only from codes like those it was trained on. See how far from them "
    "N(0, I) draws, and how near a fitted prior does."
)

if selection := choose_models():
    first, controls, second, others = (st.container() for _ in range(4))
    with controls:
        case = page.choose_case(selection)
    if case:
        with first:
            placed = page.show_where(case)
        with second:
            progress = page.show_answers(case)
            wanted = page.offer_measuring(case)
        if placed:
            with others:
                show_walk(case)
                show_guesses(case)
                show_figures(case)
                show_dci(case)
        if wanted:  # last, so that the whole page stands while it takes its time
            with progress:
                page.measure_missing(case)

show_study()
