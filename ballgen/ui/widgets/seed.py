"""The field that asks for a seed, the same on every page."""

from __future__ import annotations

import streamlit as st

LAST_SEED = 2**31 - 1  # a field holds no longer one


def ask_for_seed(key: str = "seed", value: int = 0, help: str | None = None, **more) -> int:
    """A seed, which the link keeps under the name `key`.

    more  as `st.number_input` takes it
    """
    return st.number_input(
        "Seed",
        min_value=0,
        max_value=LAST_SEED,
        value=value,
        key=key,
        bind="query-params",
        help=help,
        **more,
    )
