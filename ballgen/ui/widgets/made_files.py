"""Files that take a while: a button that asks for one, or, once it is made, one that saves it."""

import threading
from collections.abc import Callable
from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ballgen.errors import InputError
from ballgen.ui.widgets.text import escaped, show_warning
from ballgen.util.progress import OnStep

MAX_FILES = 8  # some MB each

_one_at_a_time = threading.Lock()


class MadeFile(NamedTuple):
    """What is offered.

    key    of its button; "save-KEY" is that of the other one, which saves it
    label  of its button
    save   what the other one says
    name   of the file
    """

    key: str
    label: str
    save: str
    name: str
    mime: str
    icon: str
    help: str


def offer_file(
    file: MadeFile,
    identity: tuple,
    make: Callable[[OnStep], bytes],
    place: DeltaGenerator,
    disabled: bool = False,
) -> Callable[[], None]:
    """In `place` the button for a file that `make` makes, once for all who ask for `identity`.

    Gives what makes the file if it was asked for, to be called where its bar may stand.
    """
    made = _made(file.key, identity)
    if made:
        place.download_button(
            file.save,
            made[0],
            file.name,
            file.mime,
            key=f"save-{file.key}",
            icon=":material/download:",
            on_click="ignore",
            help=file.help,
        )
    elif place.button(file.label, key=file.key, icon=file.icon, disabled=disabled, help=file.help):
        return lambda: _make(file, make, made)
    return lambda: None


def _make(file: MadeFile, make: Callable[[OnStep], bytes], made: list[bytes]) -> None:
    """Make the file under a bar that says what is done, and start the page over."""
    bar = st.progress(0.0, f"{file.label}: waiting for another one …")

    def show(done: float, what: str) -> None:
        bar.progress(done, f"{file.label}: {escaped(what)} …")

    try:
        with _one_at_a_time:
            if not made:
                made.append(make(show))
    except InputError as error:
        bar.empty()
        show_warning(error, icon=file.icon)
    else:
        st.rerun()


@st.cache_resource(max_entries=MAX_FILES, show_spinner=False)
def _made(key: str, identity: tuple) -> list[bytes]:
    """A list for the file, the same for all sessions; empty until it is made."""
    return []
