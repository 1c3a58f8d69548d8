"""The run on stage: where it stands, its curves, and its epochs as a film."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ballgen.runs import control
from ballgen.runs.folder import Progress, RunFolder
from ballgen.runs.frames import frame_epochs
from ballgen.runs.liveness import current_runs
from ballgen.runs.registry import (
    FAILED,
    FINISHED,
    LOST,
    PAUSED,
    QUEUED,
    RESUMABLE,
    RUNNING,
    STOPPED,
    Registry,
    Run,
)
from ballgen.ui.theme import colour_edges, family_colour, family_name
from ballgen.ui.train.actions import show_actions
from ballgen.ui.train.curves import show_curves, show_table
from ballgen.ui.train.film import show_film
from ballgen.ui.train.run_status import describe
from ballgen.ui.train.state import ASKED, ON_STAGE, chosen_run, follow, tell

POLL_INTERVAL_S = 1.5  # while a process is at work
BADGES = {
    QUEUED: (":material/hourglass_empty:", "blue"),
    RUNNING: (":material/directions_run:", "blue"),
    PAUSED: (":material/pause:", "orange"),
    STOPPED: (":material/stop:", "gray"),
    FINISHED: (":material/check:", "green"),
    FAILED: (":material/error:", "red"),
    LOST: (":material/heart_broken:", "red"),
}


def show_stage(registry: Registry, runs: list[Run]) -> None:
    """Ask which run is looked at, and show it; moves by itself while it is at work."""
    run = chosen_run(runs)
    by_id = {run.id: run for run in runs}
    st.session_state[ON_STAGE] = run.id

    def choose() -> None:
        follow(st.session_state[ON_STAGE])

    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Run",
            list(by_id),
            format_func=lambda run_id: f"{by_id[run_id].name} · {run_id}",
            key=ON_STAGE,
            on_change=choose,
            filter_mode=None,
            width=220,
        )
        show_actions(registry, run)  # not in the card: its ticking would close their dialogs
    family = run.recipe["family"]
    colour_edges({"stage": family_colour(family)})
    look = st.fragment(_look, run_every=POLL_INTERVAL_S if run.active else None)
    look(registry, run.id, run.state)


def _look(registry: Registry, run_id: str, known_state: str) -> None:
    run = next((run for run in current_runs(registry) if run.id == run_id), None)
    typing = ASKED in st.session_state  # a page that is drawn anew forgets what was not sent yet
    if run is None or (run.state != known_state and not typing):  # None: it was deleted meanwhile
        st.rerun()  # the whole page: the list below changes too, and the ticking may end
    folder = RunFolder(registry.folder, run)
    with st.container(border=True, key="stage"):
        _show_head(registry, run, folder.progress())
        epoch, history = 0, folder.history()
        if frame_epochs(folder.frames):
            epoch = show_film(run, folder, history)
        elif run.active:
            st.caption("Pictures come with the end of the first epoch.")
        show_curves({run.name: history}, "curves", [family_colour(run.recipe["family"])], epoch)
        if run.recipe["family"] != "gan" and any("generator" in row for row in history):
            st.caption("At the end its decoder also faces a critic, so the loss may rise again.")
        show_table({run.name: history}, "curves")


def _show_head(registry: Registry, run: Run, progress: Progress) -> None:
    icon, colour = BADGES[run.state]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(run.name, anchor=False, width="content")
        st.badge(run.state, icon=icon, color=colour)
        short, pictures = family_name(run.recipe["family"]).short, Path(run.source).name
        st.caption(f"{short} · {pictures} · seed {run.seed}", width="content")
    if run.message:
        st.warning(run.message, icon=":material/info:")
    if progress.steps or run.active:
        st.progress(min(1.0, progress.fraction), text=describe(run, progress))
    with st.container(horizontal=True):
        if run.active:
            asked = bool(run.requested_action)
            _button(registry, run, "pause", control.pause, PAUSE_HELP, asked)
            _button(registry, run, "stop", control.stop, STOP_HELP, asked)
        elif run.state in RESUMABLE:
            _button(registry, run, "resume", control.resume, RESUME_HELP)


ICONS = {"pause": "pause", "stop": "stop", "resume": "play_arrow"}
PAUSE_HELP = "It saves itself and leaves the cores to others until it is resumed."
STOP_HELP = "It saves itself and ends here; should you think better of it, it can be resumed too."
RESUME_HELP = "It goes on as if it had never stopped, bit for bit."


def _button(registry: Registry, run: Run, key: str, act, text: str, disabled=False) -> None:
    def click() -> None:
        with tell():
            act(registry, registry.get(run.id))

    st.button(
        key.capitalize(),
        icon=f":material/{ICONS[key]}:",
        key=key,
        disabled=disabled,
        on_click=click,
        help=text,
    )
