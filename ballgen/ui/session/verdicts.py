"""Verdicts on a page: what a checkpoint's figures say, and what has to be said first."""

from __future__ import annotations

import streamlit as st

from ballgen.checkpoint.folder import Checkpoint
from ballgen.scores import verdicts
from ballgen.scores.verdicts import Verdict
from ballgen.ui.widgets.text import plain


def show_verdict(verdict: Verdict) -> None:
    """The answer in bold, and the figures behind it."""
    st.markdown(f"**{plain(verdict.outcome)}.** {plain(verdict.evidence)}")


def show_caveats(checkpoint: Checkpoint, title: str = "") -> None:
    """What has to be known before looking at a checkpoint's pictures, if there is anything.

    title  which model is meant, where several stand on the page
    """
    for caveat in verdicts.caveats(checkpoint.figures, checkpoint.model.family):
        st.warning(
            f"{plain(title)} **{plain(caveat.outcome)}.** {plain(caveat.evidence)}",
            icon=":material/front_hand:",
        )
