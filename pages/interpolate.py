"""Interpolate: what lies between images, for the three families under one slider."""

import streamlit as st

from ballgen.ui.interpolate.traversals import show_traversals
from ballgen.ui.interpolate.views import show_arithmetic, show_four_corners, show_two_ends
from ballgen.ui.session.selection import choose_models
from ballgen.ui.shell import guard
from ballgen.ui.widgets.controls import choose

guard()

VIEWS = {
    "two images": show_two_ends,
    "four images": show_four_corners,
    "arithmetic": show_arithmetic,
    "traversals": show_traversals,
}

st.title("Interpolate", anchor=False)
st.markdown(
    "What lies between two images? Drag, and check that every step could be an image, too: "
    "a good latent space has no holes on the way."
)

if selection := choose_models():
    with st.container(key="interpolate-view"):
        view = choose("View", list(VIEWS), "view", label_visibility="collapsed")
    VIEWS[view](selection)
