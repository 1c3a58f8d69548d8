"""Latent space: a map of the codes of test images, and what the decoder makes of any point."""

from __future__ import annotations

import streamlit as st

from ballgen.errors import InputError
from ballgen.ui.latent.controls import choose_view
from ballgen.ui.latent.data import thumbnails
from ballgen.ui.latent.map import MAP_KEY, show_map, show_map_table
from ballgen.ui.latent.page import offer_page
from ballgen.ui.latent.pointer import watch_map
from ballgen.ui.latent.region import show_region
from ballgen.ui.latent.selected import show_selected
from ballgen.ui.session.selection import choose_models
from ballgen.ui.shell import guard
from ballgen.ui.widgets.text import show_warning

guard()

st.title("Latent space", anchor=False)
st.markdown(
    "Each point is a test image's code. Click a point to see its image, then click between "
    "points: what does the decoder make of coordinates that no image has?"
)

if selection := choose_models():
    left, right = st.columns([3, 2], gap="medium")
    with left:
        above, below = st.container(key="map-room"), st.container()
    try:
        with below:
            view = choose_view(selection)
        with above:
            fitted = show_map(view)
        if fitted:
            with right:
                show_selected(view, fitted)
            region = show_region(view, fitted)
            show_map_table(view, fitted)
            point = view.coordinates or tuple(fitted.coordinates_[view.image].tolist())
            watch_map(
                MAP_KEY,
                thumbnails(selection.dataset),
                selection.dataset.image_shape,
                mark=point if view.choice.dims == 2 else None,
                region=region,
            )
            offer_page(view.info)  # last, so that the whole page stands while it takes its time
    except InputError as error:
        show_warning(error, icon=":material/scatter_plot:")
