"""Compare: real pictures beside samples and reconstructions of the three families."""

from __future__ import annotations

import streamlit as st

from ballgen.ui import compare
from ballgen.ui.figures import show_figures
from ballgen.ui.shell import enter
from ballgen.ui.stage import choose_stage

enter()

st.title("Compare", anchor=False)
st.markdown(
    "Which of these pictures would you take for real? Look at the fine lines first, "
    "then choose another prior and look again."
)

if stage := choose_stage():
    pictures, controls, progress = st.container(), st.container(), st.container()
    with controls:
        settings, beside = compare.ask_how_to_draw()
    with pictures:
        draws = compare.show_samples(stage, settings)
    with beside:
        wanted = compare.offer_measuring(draws)
    compare.show_rebuilt(stage)
    show_figures(draws)
    if wanted:  # last, so that the whole page stands while it takes its time
        with progress:
            compare.measure_samples(draws)
