"""Why: where random codes fall, what the decoder makes of them, and what mends it."""

from __future__ import annotations

import streamlit as st

from ballgen.ui.shell import enter
from ballgen.ui.stage import choose_stage
from ballgen.ui.why import view
from ballgen.ui.why.guesses import show_figures, show_grading, show_guesses
from ballgen.ui.why.study import show_study
from ballgen.ui.why.walk import show_walk

enter()

st.title("Why", anchor=False)
st.markdown(
    "A decoder draws well only from codes like those it was trained on. See how far from them "
    "N(0, I) draws, and how near a fitted prior does."
)

if stage := choose_stage():
    first, controls, second, others = (st.container() for _ in range(4))
    with controls:
        case = view.choose_case(stage)
    if case:
        with first:
            placed = view.show_where(case)
        with second:
            progress = view.show_answers(case)
            wanted = view.offer_measuring(case)
        if placed:
            with others:
                show_walk(case)
                show_guesses(case)
                show_figures(case)
                show_grading(case)
        if wanted:  # last, so that the whole page stands while it takes its time
            with progress:
                view.measure_missing(case)

show_study()
