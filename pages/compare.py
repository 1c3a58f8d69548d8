"""Compare: real pictures beside samples and reconstructions of the three families."""

from __future__ import annotations

import streamlit as st

from ballgen.ui.compare import view
from ballgen.ui.compare.figures import show_figures
from ballgen.ui.compare.nearest import show_nearest
from ballgen.ui.compare.rebuilt import show_rebuilt
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
        settings, beside = view.ask_how_to_draw()
    with pictures:
        draws = view.show_samples(stage, settings)
    with beside:
        wanted = view.offer_measuring(draws)
    show_nearest(stage, draws, settings.count)
    show_rebuilt(stage)
    show_figures(stage, draws)
    if wanted:  # last, so that the whole page stands while it takes its time
        with progress:
            view.measure_samples(stage, draws)
