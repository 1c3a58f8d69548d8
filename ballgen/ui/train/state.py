"""What the Train page keeps in its link and in the session: the run that is selected, one of its
epochs, and what went wrong or was done just now.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from ballgen.errors import InputError
from ballgen.runs.registry import RUNNING, Run
from ballgen.ui.widgets.text import escaped, show_error

SELECTED = "run"  # in the session and in the link: the id of the run that is looked at
ERROR, DONE = "train-error", "train-done"  # in the session: shown once


def selected_run(runs: list[Run]) -> Run:
    """The run that the link names, else the one that trains, else the newest."""
    named = [run for run in runs if run.id == st.query_params.get(SELECTED)]
    training = [run for run in runs if run.state == RUNNING]
    return (named or training or runs)[0]


def selected_epoch(epochs: list[int]) -> int:
    """The epoch that the link names, or the last one before it that is shown; else the newest,
    which moves on while a run trains.
    """
    named = st.query_params.get("epoch", "")
    before = [epoch for epoch in epochs if named.isdecimal() and epoch <= int(named[:9])]
    return before[-1] if before else epochs[-1]


@contextmanager
def collect_errors() -> Iterator[None]:
    """Keep what goes wrong in a callback for the page, which is drawn after it."""
    try:
        yield
    except InputError as error:
        st.session_state[ERROR] = str(error)


def show_messages() -> None:
    """What went wrong and what was done just now, once: wherever the page is scrolled to."""
    if error := st.session_state.pop(ERROR, None):
        show_error(error)
    if done := st.session_state.pop(DONE, None):
        st.toast(escaped(done), icon=":material/check:")
