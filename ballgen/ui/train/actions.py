"""What can be done with a run that one need not watch: copy, duplicate, rename, export, delete.

What asks first is a dialog, which stays open while the page is drawn anew around it: a run may end
while somebody types its name.
"""

from __future__ import annotations

import streamlit as st

from ballgen.checkpoint.folder import is_taken
from ballgen.errors import InputError
from ballgen.runs import control
from ballgen.runs.catalogue import promoted_folder
from ballgen.runs.folder import RunFolder
from ballgen.runs.registry import FINISHED, Registry, Run
from ballgen.runs.tensorboard import events_bytes, events_name
from ballgen.ui.train.form import fill_in
from ballgen.ui.train.state import ASKED

DONE = "train-done"


def show_actions(registry: Registry, run: Run) -> None:
    """A button each, and the dialog that is open."""
    if run.state == FINISHED:
        _asking_button("Promote", "upload", run, help="Copy it to the checkpoints.")
    st.button(
        "Duplicate",
        icon=":material/content_copy:",
        key="duplicate",
        on_click=fill_in,
        args=(run,),
        help="Put its settings into the form below, to change and start.",
    )
    _asking_button("Rename", "edit", run)
    if RunFolder(registry.folder, run).history():
        st.download_button(
            "TensorBoard",
            data=lambda: events_bytes(registry, run),
            file_name=events_name(run),
            key="events",
            icon=":material/download:",
            on_click="ignore",
            help="An event file with the curves, pictures and codes of every epoch.",
        )
    _asking_button("Log", "article", run)
    _asking_button("Delete", "delete", run, disabled=run.active)
    name, about = st.session_state.get(ASKED, (None, None))
    if about == run.id:
        DIALOGS[name](registry, run)
    else:
        _close()  # its run is gone


def _asking_button(name: str, icon: str, run: Run, **settings) -> None:
    st.button(
        name,
        icon=f":material/{icon}:",
        key=name.lower(),
        on_click=_ask,
        args=(name, run),
        **settings,
    )


def _ask(name: str, run: Run) -> None:
    st.session_state[ASKED] = name, run.id


def _close() -> None:
    st.session_state.pop(ASKED, None)


@st.dialog("Promote to the checkpoints", on_dismiss=_close)
def _ask_to_promote(registry: Registry, run: Run) -> None:
    folder = promoted_folder()
    st.markdown(
        f"The finished checkpoint is copied to `{folder.name}/`, where the other pages find it."
    )
    name = st.text_input("Name there", run.id, key="promote-name")
    try:
        there = bool(name.strip()) and is_taken(folder / name.strip())
    except InputError as error:
        st.error(str(error))
        return
    replace = there and st.checkbox(f"Replace the `{name}` that is there", key="promote-replace")
    if st.button("Copy", type="primary", key="promote-yes", disabled=there and not replace):
        try:
            target = control.promote(registry, registry.get(run.id), folder, name, replace)
        except InputError as error:
            st.error(str(error))
            return
        st.session_state[DONE] = f"Promoted to {target.parent.name}/{target.name}."
        _close()
        st.rerun()


@st.dialog("Rename", on_dismiss=_close)
def _ask_to_rename(registry: Registry, run: Run) -> None:
    name = st.text_input("Name", run.name, key="rename-name")
    if st.button("Rename", type="primary", key="rename-yes"):
        try:
            control.rename(registry, run, name)
        except InputError as error:
            st.error(str(error))
            return
        _close()
        st.rerun()


@st.dialog("Delete this run?", on_dismiss=_close)
def _ask_to_delete(registry: Registry, run: Run) -> None:
    st.markdown(
        f"**{run.name}** ({run.id}) and all its files are removed for good. "
        "What was promoted stays."
    )
    if st.button("Delete for good", type="primary", key="delete-yes"):
        try:
            control.delete(registry, run)
        except InputError as error:  # somebody let it go on meanwhile
            st.error(str(error))
            return
        st.query_params.pop("run", None)
        st.query_params.pop("epoch", None)
        _close()
        st.rerun()


@st.dialog("What the process printed", width="large", on_dismiss=_close)
def _show_log(registry: Registry, run: Run) -> None:
    st.code(RunFolder(registry.folder, run).last_lines(60) or "Nothing yet.", language=None)


DIALOGS = {
    "Promote": _ask_to_promote,
    "Rename": _ask_to_rename,
    "Log": _show_log,
    "Delete": _ask_to_delete,
}


def show_done() -> None:
    """What was done just now, once."""
    if done := st.session_state.pop(DONE, None):
        st.success(done, icon=":material/check:")
