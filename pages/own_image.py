"""Own image: what every model makes of an image of yours, and how far that is from its data."""

import streamlit as st

from ballgen.ui.own_image.page import ask_for_image, show_details, show_reconstructions
from ballgen.ui.session.selection import choose_models
from ballgen.ui.shell import guard

guard()

st.title("Own image", anchor=False)
st.markdown(
    "What does each model make of an image of yours, and how far is that from what it knows?"
)

if selection := choose_models():
    if end := ask_for_image(selection):
        if slots := show_reconstructions(selection, end):
            show_details(selection, slots, end)
    else:
        st.info(
            "Drop an image, paste one, or take a photo. Its middle square is brought to the size "
            "that the models take. It stays on this machine: a link cannot carry it."
        )
