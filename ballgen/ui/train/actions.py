"""What can be done with a run besides watching it: promote, duplicate, rename, export, delete."""

from functools import partial

import streamlit as st

from ballgen.checkpoint.folder import is_taken
from ballgen.errors import InputError
from ballgen.runs import control
from ballgen.runs.catalogue import promoted_folder
from ballgen.runs.folder import RunFolder
from ballgen.runs.registry import FINISHED, Registry, Run
from ballgen.runs.tensorboard import events_bytes, events_name
from ballgen.ui.train.form import fill_in
from ballgen.ui.train.state import DONE
from ballgen.ui.widgets.controls import set_link
from ballgen.ui.widgets.popovers import ask_for_name, ask_to_delete, asking_popover, confirm
from ballgen.ui.widgets.text import plain, show_error


def show_actions(registry: Registry, run: Run) -> None:
    """A button each; always the same ones, so that an open popover stays where it is."""
    folder = RunFolder(registry.folder, run)
    unfinished = run.state != FINISHED
    if popover := asking_popover(
        "Promote", "upload", run.id, unfinished, "Copy it to the checkpoints."
    ):
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
    ask_for_name(run.id, run.name, partial(control.rename, registry, run))
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
    if popover := asking_popover("Log", "article", run.id):
        popover.code(folder.last_lines(60) or "Nothing yet.", language=None, width=600)
    consequence = (
        f"{run.name} ({run.id}) and all its files are removed for good"
        f"{', once it has stopped' if run.active else ''}. What was promoted stays."
    )
    ask_to_delete(run.id, lambda: consequence, partial(_delete, registry, run))


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

    def promote() -> None:
        state = st.session_state  # what was typed and not yet sent comes with the click
        name, replace = state["promote-name"], state.get("promote-replace", False)
        target = control.promote(registry, registry.get(run.id), folder, name, replace)
        state[DONE] = f"Promoted to {target.parent.name}/{target.name}."

    confirm("Promote", run.id, promote, disabled=taken and not replace, label="Copy")


def _delete(registry: Registry, run: Run) -> None:
    control.delete(registry, run)
    set_link(run=None, epoch=None)
