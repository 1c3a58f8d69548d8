"""Where a run stands, in words; also as a line in the side bar of every page while one trains.

Needs no torch, which takes a second to import.
"""

from __future__ import annotations

import streamlit as st

from ballgen.errors import InputError
from ballgen.runs.folder import Progress, RunFolder
from ballgen.runs.liveness import current_runs
from ballgen.runs.registry import QUEUED, RUNNING, Registry, Run
from ballgen.ui.widgets.text import plain
from ballgen.util.paths import runs_folder
from ballgen.util.wording import duration

PAGE = "pages/train.py"
POLL_INTERVAL_S = 2.0


def describe(run: Run, progress: Progress) -> str:
    """Where a run stands, in words: "epoch 12 of 40 · 3 min left · 520 images per second"."""
    parts = [f"epoch {progress.epoch} of {progress.epochs}"] if progress.steps else []
    if run.active and run.requested_action:
        parts.append(f"asked to {run.requested_action}: it saves itself")
    elif run.state == QUEUED:
        parts.append("waits for its turn")
    elif run.state == RUNNING:
        if progress.stage != "training":
            parts.append(progress.stage or "starting")
        if progress.seconds_left is not None:
            parts.append(f"{duration(progress.seconds_left)} left")
        if progress.images_per_second is not None:
            parts.append(f"{progress.images_per_second:,.0f} images per second")
    else:
        parts.append(f"trained for {duration(progress.seconds)}")
    return " · ".join(parts)


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
        label=plain(f"{run.name} · {describe(run, progress)}"),
        icon=":material/directions_run:",
        query_params={"run": run.id},
    )


def _active_runs() -> list[Run]:
    """The runs that train or wait, the newest first."""
    try:
        return [run for run in current_runs(Registry()) if run.active]
    except InputError:
        return []  # the page Train says what is wrong
