"""Compare: real images beside samples and reconstructions of the three families."""

import streamlit as st

from ballgen.ui.compare.page import show_comparison, show_title
from ballgen.ui.session.selection import choose_models
from ballgen.ui.shell import guard

guard()

page = st.container()
selection = choose_models()
with page:
    if selection:
        show_comparison(selection)
    else:
        show_title()
