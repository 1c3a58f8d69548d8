"""Latent space: a map of the codes of test images, and what the decoder makes of any point."""

import streamlit as st

from ballgen.ui.latent.controls import choose_view
from ballgen.ui.latent.fitting import fitted_map
from ballgen.ui.latent.map import describe, show_map
from ballgen.ui.latent.page import offer_page
from ballgen.ui.latent.tabs import Tabs
from ballgen.ui.session.selection import choose_models
from ballgen.ui.shell import guard
from ballgen.ui.widgets.text import escaped

guard()

with st.container(horizontal=True, vertical_alignment="center", key="map-head"):
    st.title("Latent space", anchor=False, width="content")
    st.markdown("Move over the map: what does the decoder make of each place?", width="content")
    st.space("stretch")
    page = st.container(width="content")

if selection := choose_models():
    row = {"horizontal": True, "gap": "small", "vertical_alignment": "bottom"}
    controls, room = st.container(key="map-controls", **row), st.container(key="map-room")
    room.empty()  # what is empty takes no room
    tabs = Tabs()
    with controls:
        view = choose_view(selection, tabs.where)
    with room:
        fitted = fitted_map(view.info, view.choice)
    if fitted:
        region = tabs.ask_for_region(view)
        with room:
            show_map(view, fitted, region.corners)
            st.caption(escaped(describe(view, fitted)))
        tabs.show(view, fitted, region)
        with page:
            offer_page(view.info)  # last, so that the whole page stands while it takes its time
