"""What can be done with a run besides watching it: promote, duplicate, rename, export, delete.

What asks first is a popover, which stays open while the page is drawn anew around it: a run may end
while somebody types its name.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ballgen.checkpoint.folder import is_taken
from ballgen.errors import InputError
from ballgen.runs import control
from ballgen.runs.catalogue import promoted_folder
from ballgen.runs.folder import RunFolder
from ballgen.runs.registry import FINISHED, Registry, Run
from ballgen.runs.tensorboard import events_bytes, events_name
from ballgen.ui.train.form import fill_in
from ballgen.ui.train.state import DONE, forget_run
from ballgen.ui.widgets.text import plain, show_error


def show_actions(registry: Registry, run: Run) -> None:
    """A button each; always the same ones, so that an open popover stays where it is."""
    folder = RunFolder(registry.folder, run)
    unfinished = run.state != FINISHED
    if popover := _popover("Promote", "upload", run, unfinished, "Copy it to the checkpoints."):
        with popover:
            _ask_to_promote(registry, run)
    st.button(
        "Duplicate",
        icon=":material/content_copy:",
        key="duplicate",
        on_click=fill_in,
        args=(registry, run),
        help="Put its settings into the form below, to change and start.",
    )
    if popover := _popover("Rename", "edit", run):
        with popover:
            st.text_input("Name", run.name, key="rename-name")
            _confirm("Rename", "rename", run, partial(_rename, registry, run))
    st.download_button(
        "TensorBoard",
        data=lambda: events_bytes(registry, run),
        file_name=events_name(run),
        key="events",
        icon=":material/download:",
        on_click="ignore",
        disabled=not folder.history(),
        help="An event file with the curves, images and codes of every epoch.",
    )
    if popover := _popover("Log", "article", run):
        popover.code(folder.last_lines(60) or "Nothing yet.", language=None, width=600)
    if popover := _popover("Delete", "delete", run):
        with popover:
            st.markdown(
                f"**{plain(run.name)}** ({plain(run.id)}) and all its files are removed for good"
                f"{', once it has stopped' if run.active else ''}. What was promoted stays."
            )
            _confirm("Delete for good", "delete", run, partial(_delete, registry, run))


def _ask_to_promote(registry: Registry, run: Run) -> None:
    folder = promoted_folder()
    st.markdown(
        f"The finished checkpoint is copied to {plain(folder.name)}/, where the other pages find "
        "it."
    )
    name = st.text_input("Name there", run.id, key="promote-name").strip()
    try:
        taken = bool(name) and is_taken(folder / name)
    except InputError as error:
        show_error(error)
        return
    replace = taken and st.checkbox(
        f"Replace the {plain(name)} that is there", key="promote-replace"
    )
    act = partial(_promote, registry, run, folder)
    _confirm("Copy", "promote", run, act, disabled=taken and not replace)


def _promote(registry: Registry, run: Run, folder: Path) -> None:
    name, replace = st.session_state["promote-name"], st.session_state.get("promote-replace", False)
    target = control.promote(registry, registry.get(run.id), folder, name, replace)
    st.session_state[DONE] = f"Promoted to {target.parent.name}/{target.name}."


def _rename(registry: Registry, run: Run) -> None:
    control.rename(registry, run, st.session_state["rename-name"])


def _delete(registry: Registry, run: Run) -> None:
    control.delete(registry, run)
    forget_run()


def _popover(
    name: str, icon: str, run: Run, disabled: bool = False, help: str | None = None
) -> DeltaGenerator | None:
    """The inside of a popover of this run, None while it is closed; an open one stays enabled."""
    key = f"{name.lower()}-{run.id}"
    disabled = disabled and not st.session_state.get(key)
    icon = f":material/{icon}:"
    popover = st.popover(name, icon=icon, key=key, disabled=disabled, on_change="rerun", help=help)
    return popover if popover.open else None


def _confirm(
    label: str, action: str, run: Run, act: Callable[[], None], disabled: bool = False
) -> None:
    """A button that acts and closes its popover, or says there why it cannot."""
    error_key = f"{action}-error"

    def click() -> None:
        try:
            act()
            st.session_state[f"{action}-{run.id}"] = False
        except InputError as error:
            st.session_state[error_key] = str(error)

    st.button(label, type="primary", key=f"{action}-yes", on_click=click, disabled=disabled)
    if error := st.session_state.pop(error_key, None):
        show_error(error)
