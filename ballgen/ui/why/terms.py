"""The tab of terms: what the cards' words mean, and how they are measured."""

from __future__ import annotations

import streamlit as st

from ballgen.ui.why.case import Case

TERMS = """
- **Latent**: the numbers that the encoder makes of an image, and the decoder an image of.
- **N(0, I)**: each latent number drawn by itself from a bell curve around 0. No model is asked
  whether images' latents lie there.
- **Fitted prior**: a distribution that was fitted to the latents of the training images.
- **Distance**: from a latent to the nearest of half the test images' latents. The other half, held
  out, says what is usual: its median is 1.
- **KID**: how far a set of images is from real ones, × 1000; two sets of real images have about 0.
  Beside it stands what reconstructions and random samples have.
"""


def show_terms(case: Case) -> None:
    """A few definitions, and what is special about this family."""
    st.markdown(TERMS)
    if case.family == "vae":
        st.caption("A VAE's latents are drawn from each image's posterior, as in training.")
