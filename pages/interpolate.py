"""Interpolate: what lies between pictures, for the three families under one slider."""

from __future__ import annotations

import streamlit as st

from ballgen.errors import InputError
from ballgen.ui.interpolate import views
from ballgen.ui.interpolate.traversals import show_dimensions
from ballgen.ui.session.selection import choose_models
from ballgen.ui.shell import guard

guard()

VIEWS = {
    "two ends": views.show_two_ends,
    "four corners": views.show_four_corners,
    "arithmetic": views.show_arithmetic,
    "one dimension at a time": show_dimensions,
}

st.title("Interpolate", anchor=False)
st.markdown(
    "What lies between two pictures? Drag, and check that every step is still a ball: "
    "a good latent space has no holes on the way."
)

if selection := choose_models():
    view = st.segmented_control(
        "View",
        list(VIEWS),
        default="two ends",
        required=True,
        key="view",
        bind="query-params",
        label_visibility="collapsed",
    )
    try:
        VIEWS[view](selection)
    except InputError as error:
        st.warning(str(error), icon=":material/image_not_supported:")
