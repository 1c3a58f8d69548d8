"""Where a run stands, as a line in the side bar of every page while one trains.

Needs no torch, which takes a second to import.
"""

import streamlit as st

from ballgen.errors import InputError
from ballgen.runs.folder import RunFolder, describe
from ballgen.runs.liveness import current_runs
from ballgen.runs.registry import RUNNING, Registry, Run
from ballgen.ui.widgets.text import escaped
from ballgen.util.paths import runs_folder

PAGE = "pages/train.py"
POLL_INTERVAL_S = 2.0


def show_status_line() -> None:
    """A line in the side bar that moves by itself and leads to the run, if one trains."""
    if _active_runs():
        with st.sidebar:
            _show_line()


@st.fragment(run_every=POLL_INTERVAL_S)
def _show_line() -> None:
    runs = _active_runs()
    if not runs:
        st.rerun()  # the whole page, so that the polling ends
    run = next((run for run in runs if run.state == RUNNING), runs[-1])
    progress = RunFolder(runs_folder(), run).progress()._replace(images_per_second=None)
    st.page_link(
        PAGE,
        label=escaped(f"{run.name} · {describe(run, progress)}"),
        icon=":material/directions_run:",
        query_params={"run": run.id},
    )


def _active_runs() -> list[Run]:
    """The runs that train or wait, the newest first."""
    try:
        return [run for run in current_runs(Registry()) if run.active]
    except InputError:
        return []  # the page Train says what is wrong
