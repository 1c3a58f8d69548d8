"""The tab that asks whether other training would help: this checkpoint's causes, and the study."""

from __future__ import annotations

import streamlit as st

from ballgen.scores.why import causes
from ballgen.ui.session.scoring import show_verdict
from ballgen.ui.why.case import NORMAL, Case
from ballgen.ui.why.data import code_figures, figures_of
from ballgen.ui.widgets.controls import asked_for
from ballgen.ui.widgets.text import plain


def show_causes(case: Case) -> None:
    """What this checkpoint says to each cause. Raises `InputError`."""
    if not asked_for("tab", "Ask this model", "It takes some seconds."):
        return
    st.subheader("What this model says", anchor=False)
    st.caption("One checkpoint gives hints; for proof, train again with one thing changed.")
    priors = [prior for prior in (NORMAL, "gaussian") if prior in case.all_priors]
    with st.spinner("Drawing latents …"):
        figures = case.figures | code_figures(case.info, case.seed)
        for prior in priors:
            figures |= figures_of(case.info, prior, case.seed)
    said = causes(figures, case.family)
    for row in (said[:3], said[3:]):
        for verdict, column in zip(row, st.columns(len(row)), strict=True):
            with column, st.container(border=True, height="stretch", gap="xsmall"):
                st.subheader(plain(verdict.question), anchor=False)
                show_verdict(verdict)
