"""Data: what the models learn from, and how a ball is drawn from its factors."""

from __future__ import annotations

import streamlit as st

from ballgen.errors import InputError
from ballgen.ui.images import browse, draw, sources
from ballgen.ui.shell import guard

guard()

VIEWS = ("all balls", "draw one", "look at a source")

st.title("Data", anchor=False)
st.markdown(
    "Every ball is drawn from a few numbers that stay known: see which of them you can "
    "read off a picture, because that is what a code has to hold."
)

view = st.segmented_control(
    "View",
    VIEWS,
    default=VIEWS[0],
    required=True,
    key="view",
    bind="query-params",
    label_visibility="collapsed",
)
if view == "all balls":
    draw.show_turning()
elif view == "draw one":
    draw.show_drawing()
elif source := sources.ask_for_source():
    try:
        browse.show_source(source)
        sources.offer_training(source)
    except InputError as error:
        st.warning(str(error), icon=":material/image_not_supported:")
else:
    st.info("Name a folder or drop a .zip, and its pictures appear here.")
