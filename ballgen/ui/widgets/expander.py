"""The table behind a plot, folded away."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def lazy_expander(label: str, key: str) -> DeltaGenerator | None:
    """The place behind a fold called `label`, or None while it is closed.

    What is not asked for is neither computed nor sent, and half a megabyte of code for data frames
    does not hold up the page. The link keeps whether it is open, under the name `key`.
    """
    fold = st.expander(label, icon=":material/table:", key=key, bind="query-params")
    return fold if fold.open else None
