"""Data: what the models learn from, and how a ball is drawn from its factors."""

import streamlit as st

from ballgen.ui.images.browse import show_source
from ballgen.ui.images.draw import show_drawing, show_spinning
from ballgen.ui.images.sources import ask_for_look
from ballgen.ui.shell import guard
from ballgen.ui.widgets.controls import choose

guard()

st.title("Images", anchor=False)
st.markdown(
    "What models learn from: drawn balls, whose every factor is known (the shipped models know the "
    "first four kinds), or any images of yours. Latent codes hold what can be read off them."
)

view = choose(
    "View", ("all balls", "draw one", "look at a source"), "view", label_visibility="collapsed"
)
if view == "all balls":
    show_spinning()
elif view == "draw one":
    show_drawing()
elif source := ask_for_look():
    show_source(source)
