"""Popovers that ask before something is done.

One stays open while the page is drawn anew around it: a run may end while somebody types its name.
"""

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ballgen.errors import InputError
from ballgen.ui.widgets.text import escaped, show_error


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


def ask_for_name(subject: str, name: str, rename: Callable[[str], object]) -> None:
    """A popover that asks what something is to be called from now on."""
    if popover := asking_popover("Rename", "edit", subject):
        with popover:
            st.text_input("Name", name, key="rename-name")
            confirm("Rename", subject, lambda: rename(st.session_state["rename-name"]))


def ask_to_delete(subject: str, consequence: Callable[[], str], delete: Callable[[], None]) -> None:
    """A popover that says what goes with something before it is deleted for good."""
    if popover := asking_popover("Delete", "delete", subject):
        with popover:
            st.markdown(escaped(consequence()))
            confirm("Delete", subject, delete, label="Delete for good")


def confirm(
    name: str,
    subject: str,
    act: Callable[[], object],
    disabled: bool = False,
    label: str | None = None,
) -> None:
    """A button in the popover `name` that acts and closes it, or says there why it cannot."""
    action = name.lower()

    def click() -> None:
        try:
            act()
            st.session_state[f"{action}-{subject}"] = False
        except InputError as error:
            st.session_state[f"{action}-error"] = str(error)

    label = label or name
    st.button(label, type="primary", key=f"{action}-yes", on_click=click, disabled=disabled)
    if error := st.session_state.pop(f"{action}-error", None):
        show_error(error)
