"""What takes the server seconds waits until somebody asks for it in this session.

A link opens a page as it was left, but whoever opens it may not know what it asks for.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ballgen.ui.widgets.text import plain


def by_hand(key: str) -> Callable[[], None]:
    """The `on_change` of the control `key`, which a link does not call: remembers a use of it."""
    return lambda: st.session_state.update({f"{key}-asked": True})


def asked_for(key: str, what: str, cost: str) -> bool:
    """Whether somebody used the control `key` in this session; shows a button that does, if not.

    what  the button says: "Fit the map"
    cost  stands beside it: "It takes some seconds."
    """
    if st.session_state.get(f"{key}-asked"):
        return True
    with st.container(horizontal=True, vertical_alignment="center"):
        icon = ":material/play_arrow:"
        st.button(plain(what), icon=icon, key=f"{key}-button", on_click=by_hand(key))
        st.caption(plain(cost), width="content")
    return False
