"""Terms: the words of the other pages, each illustrated by the model that is shown."""

import streamlit as st

from ballgen.ui.session.selection import choose_models
from ballgen.ui.shell import guard
from ballgen.ui.terms.page import show_terms

guard()

st.title("Terms", anchor=False)
st.markdown("The words of the other pages. Each illustration is made by the model that you choose.")

if selection := choose_models():
    show_terms(selection)
