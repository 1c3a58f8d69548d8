"""A line in the side bar of every page while something trains; a click leads to it."""

from __future__ import annotations

import streamlit as st

from ballgen.errors import InputError
from ballgen.runs.folder import RunFolder
from ballgen.runs.liveness import current_runs
from ballgen.runs.location import runs_folder
from ballgen.runs.registry import RUNNING, Registry, Run
from ballgen.ui.train.run_status import describe
from ballgen.ui.train.state import ASKED

PAGE = "pages/train.py"
POLL_INTERVAL_S = 2.0


def show_line() -> None:
    """The line, which moves by itself; nothing where nothing trains."""
    if _at_work():
        with st.sidebar:
            _tell()


@st.fragment(run_every=POLL_INTERVAL_S)
def _tell() -> None:
    runs = _at_work()
    if not runs:
        if ASKED not in st.session_state:  # a page that is drawn anew forgets what is being typed
            st.rerun()  # the whole page, so that the looking ends
        return
    run = next((run for run in runs if run.state == RUNNING), runs[-1])
    progress = RunFolder(runs_folder(), run).progress()._replace(images_per_second=None)
    st.page_link(
        PAGE,
        label=f"{run.name} · {describe(run, progress)}",
        icon=":material/directions_run:",
        query_params={"run": run.id},
    )


def _at_work() -> list[Run]:
    """The runs that train or wait, the newest first."""
    try:
        return [run for run in current_runs(Registry()) if run.active]
    except InputError:
        return []  # the page Train says what is wrong
