"""The tab that says how the cards' figures are measured."""

import streamlit as st

from ballgen.ui.why.case import Case

DISTANCE = (
    "**Distance** is that from a latent to the nearest of half the test images' latents. The other "
    "half, held out, is the unit: its median is 1. The page Terms shows all other words."
)


def show_terms(case: Case) -> None:
    """How distances are measured, and what is special about this family."""
    st.markdown(DISTANCE)
    if case.family == "vae":
        st.caption("A VAE's latents are drawn from each image's posterior, as in training.")
