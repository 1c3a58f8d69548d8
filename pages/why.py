"""Why samples fail: three answers for one model, and what stands behind them."""

import streamlit as st

from ballgen.errors import InputError
from ballgen.ui.session.scoring import show_caveats
from ballgen.ui.session.selection import choose_models
from ballgen.ui.shell import guard
from ballgen.ui.why.cards import show_answers
from ballgen.ui.why.case import choose_case
from ballgen.ui.why.priors import measure_missing, show_priors
from ballgen.ui.why.tabs import show_factors, show_interpolation, show_terms
from ballgen.ui.why.training import show_training
from ballgen.ui.widgets.controls import mark_requested
from ballgen.ui.widgets.text import show_warning

VIEWS = {
    "How it is measured": show_terms,
    "All priors": show_priors,
    "Interpolation": show_interpolation,
    "Would other training help?": show_training,
    "What the latents encode": show_factors,
}
TABS = list(VIEWS)

guard()

head = st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="why-head")
head.title("Why samples fail", anchor=False, width="content")

if selection := choose_models():
    with head:
        case = choose_case(selection)
    if case:
        caveats = st.container()
        diagnosed, offer = show_answers(case)
        if diagnosed:
            with caveats:
                show_caveats(case.checkpoint, f"{case.info.name}:")
            tabs = st.tabs(TABS, key="tab", bind="query-params", on_change=mark_requested("tab"))
            try:
                for tab, show in zip(tabs, VIEWS.values(), strict=True):
                    if tab.open:
                        with tab:
                            offer = show(case) or offer
            except InputError as error:
                show_warning(error, icon=":material/image_not_supported:")
        if offer:  # last, so that the whole page stands while it takes its time
            measure_missing(case, offer)
