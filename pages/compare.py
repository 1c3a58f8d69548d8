"""Compare: real images beside samples and reconstructions of the three families."""

from __future__ import annotations

import streamlit as st

from ballgen.ui.compare.reconstructions import show_reconstructions
from ballgen.ui.compare.samples import show_samples
from ballgen.ui.compare.scores import show_scores
from ballgen.ui.session.selection import choose_models
from ballgen.ui.shell import guard

guard()

st.title("Compare", anchor=False)
st.markdown(
    "Which of these images would you take for real? Look at the smallest details first, "
    "then choose another prior and look again."
)

if selection := choose_models():
    show_samples(selection)
    show_reconstructions(selection)
    show_scores(selection)
