"""Popovers that ask before something is done.

One stays open while the page is drawn anew around it: a run may end while somebody types its name.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ballgen.errors import InputError
from ballgen.ui.widgets.text import show_error


def asking_popover(
    name: str, icon: str, subject: str, disabled: bool = False, help: str | None = None
) -> DeltaGenerator | None:
    """The inside of a popover about `subject`, None while it is closed; an open one stays enabled.

    subject  identifies what it is about: another one's is closed
    """
    key = f"{name.lower()}-{subject}"
    disabled = disabled and not st.session_state.get(key)
    icon = f":material/{icon}:"
    popover = st.popover(name, icon=icon, key=key, disabled=disabled, on_change="rerun", help=help)
    return popover if popover.open else None


def confirm(
    label: str, action: str, subject: str, act: Callable[[], None], disabled: bool = False
) -> None:
    """A button that acts and closes its popover, or says there why it cannot.

    action  the popover's name, in small letters
    """
    error_key = f"{action}-error"

    def click() -> None:
        try:
            act()
            st.session_state[f"{action}-{subject}"] = False
        except InputError as error:
            st.session_state[error_key] = str(error)

    st.button(label, type="primary", key=f"{action}-yes", on_click=click, disabled=disabled)
    if error := st.session_state.pop(error_key, None):
        show_error(error)
