"""Why: where random codes fall, what the decoder makes of them, and what helps."""

from __future__ import annotations

import streamlit as st

from ballgen.ui.session.scoring import show_caveats
from ballgen.ui.session.selection import choose_models
from ballgen.ui.shell import guard
from ballgen.ui.why.case import choose_case
from ballgen.ui.why.samples import measure_missing, offer_to_measure, show_samples
from ballgen.ui.why.steps import show_causes, show_coverage, show_path
from ballgen.ui.why.study import show_study
from ballgen.ui.why.tables import show_dci, show_priors

guard()

st.title("Why", anchor=False)
st.markdown(
    "A decoder draws well only from codes like those it was trained on. See how far from them "
    "N(0, I) draws, and how near a fitted prior does."
)

if selection := choose_models():
    first, controls, second, others = (st.container() for _ in range(4))
    with controls:
        case = choose_case(selection)
    if case:
        with first:
            show_caveats(case.checkpoint, f"{case.info.name}:")
            loaded = show_coverage(case)
        with second:
            progress = show_samples(case)
            measure = offer_to_measure(case)
        if loaded:
            with others:
                show_path(case)
                show_causes(case)
                show_priors(case)
                show_dci(case)
        if measure:  # last, so that the whole page stands while it takes its time
            with progress:
                measure_missing(case)

show_study()
