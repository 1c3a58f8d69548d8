"""Controls that are the same on every page; the link keeps their values under their keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

MAX_SEED = 2**31 - 1  # a browser's number field holds no larger one


def ask_for_seed(
    key: str = "seed", value: int = 0, label: str = "Seed", maximum: int = MAX_SEED, **more
) -> int:
    """A seed; `more` as `st.number_input` takes it."""
    return st.number_input(label, 0, maximum, value, key=key, bind="query-params", **more)


def choose(label: str, options: Sequence[Any], key: str, default: Any = None, **more) -> Any:
    """One of a few options side by side, the first if there is no default.

    more  as `st.segmented_control` takes it
    """
    return st.segmented_control(
        label,
        options,
        default=options[0] if default is None else default,
        required=True,
        key=key,
        bind="query-params",
        **more,
    )


def select(label: str, options: Sequence[Any], key: str, index: int = 0, **more) -> Any:
    """One of many options in a list that opens, at first the one at `index`.

    more  as `st.selectbox` takes it
    """
    chosen = st.selectbox(
        label, options, index=index, key=key, bind="query-params", filter_mode=None, **more
    )
    return chosen if chosen in options else options[index]
