"""Latent space: a map of the codes of test pictures, and what the decoder makes of any place."""

from __future__ import annotations

import streamlit as st

from ballgen.errors import InputError
from ballgen.ui.latent import page
from ballgen.ui.latent.data import thumbnails
from ballgen.ui.latent.picked import show_picked
from ballgen.ui.latent.pointer import watch_map
from ballgen.ui.latent.region import show_region
from ballgen.ui.session.selection import choose_models
from ballgen.ui.shell import guard

guard()

st.title("Latent space", anchor=False)
st.markdown(
    "Each point is a test picture's code. Click a point to see the picture, then click between "
    "points: what does the decoder make of a place that no picture has?"
)

if selection := choose_models():
    left, right = st.columns([3, 2], gap="medium")
    with left:
        picture, controls = st.container(), st.container()
    try:
        with controls:
            ask = page.ask_what_to_map(selection)
        with picture:
            fitted = page.show_map(ask)
        with right:
            show_picked(ask, fitted)
        region = show_region(ask, fitted)
        page.show_table(ask, fitted)
        place = ask.place or tuple(fitted.coordinates_[ask.picture].tolist())
        watch_map(
            page.MAP_KEY,
            thumbnails(selection.dataset),
            selection.dataset.image_shape,
            mark=place if ask.choice.dims == 2 else None,
            region=region,
        )
    except InputError as error:
        st.warning(str(error), icon=":material/scatter_plot:")
