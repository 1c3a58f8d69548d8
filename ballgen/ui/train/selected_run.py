"""The selected run: where it stands, its epochs as a film, and its curves."""

from collections.abc import Callable

import streamlit as st

from ballgen.errors import InputError
from ballgen.runs import control
from ballgen.runs.folder import Progress, RunFolder, describe
from ballgen.runs.frames import frame_epochs
from ballgen.runs.liveness import PATIENCE_S, current_runs, silence_note
from ballgen.runs.registry import (
    FAILED,
    FINISHED,
    LOST,
    QUEUED,
    RESUMABLE,
    RUNNING,
    STOPPED,
    Registry,
    Run,
)
from ballgen.runs.uploads import source_title
from ballgen.ui.theme import colour_edges
from ballgen.ui.train.actions import show_actions
from ballgen.ui.train.curves import show_curves
from ballgen.ui.train.film import show_film
from ballgen.ui.train.result import show_result
from ballgen.ui.train.state import SELECTED, collect_errors, selected_run
from ballgen.ui.widgets.controls import set_link
from ballgen.ui.widgets.text import plain, show_warning
from ballgen.util.palette import family_colour, family_name

POLL_INTERVAL_S = 1.5  # while a process is at work
BADGES = {
    QUEUED: (":material/hourglass_empty:", "blue"),
    RUNNING: (":material/directions_run:", "blue"),
    STOPPED: (":material/stop:", "gray"),
    FINISHED: (":material/check:", "green"),
    FAILED: (":material/error:", "red"),
    LOST: (":material/heart_broken:", "red"),
}


def show_selected_run(registry: Registry, runs: list[Run]) -> None:
    """Ask which run is looked at, and show it; moves by itself while it is at work."""
    run = selected_run(runs)
    by_id = {run.id: run for run in runs}
    st.session_state[SELECTED] = run.id
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Run",
            list(by_id),
            format_func=lambda run_id: f"{by_id[run_id].name} · {run_id}",
            key=SELECTED,
            on_change=lambda: set_link(run=st.session_state[SELECTED], epoch=None),
            filter_mode=None,
            width=220,
        )
        show_actions(registry, run)  # not in the card, which is drawn anew all the time
    colour_edges({"selected-run": family_colour(run.family)})
    show = st.fragment(_show_run, run_every=POLL_INTERVAL_S if run.active else None)
    show(registry, run.id, run.state)


def _show_run(registry: Registry, run_id: str, known_state: str) -> None:
    run = next((run for run in current_runs(registry) if run.id == run_id), None)
    if run is None or run.state != known_state:  # None: it was deleted meanwhile
        st.rerun()  # the whole page: the list below changes too, and the polling may end
    folder, family = RunFolder(registry.folder, run), run.family
    with st.container(border=True, key="selected-run"):
        _show_head(registry, run, folder.progress())
        if run.state == FINISHED:
            show_result(run)
        epoch, history = 0, folder.history()
        if frame_epochs(folder.frames):
            try:
                epoch = show_film(run, folder, history)
            except InputError as error:
                show_warning(error, icon=":material/broken_image:")
        elif run.active:
            st.caption("Images come with the end of the first epoch.")
        if family != "gan" and any("generator" in row for row in history):
            st.caption(
                "The last epochs are adversarial fine-tuning: the decoder also faces a "
                "discriminator, so the loss may rise again."
            )
        show_curves({run.name: history}, "curves", [family_colour(family)], epoch)


def _announce(run: Run, progress: Progress) -> None:
    """Say to screen readers what state and epoch it is in, each time that changes."""
    epoch = f", epoch {progress.epoch} of {progress.epochs}" if progress.steps else ""
    with st.container(key="announced"):
        st.html(f'<p role="status">{run.state}{epoch}</p>')


def _show_head(registry: Registry, run: Run, progress: Progress) -> None:
    icon, colour = BADGES[run.state]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(plain(run.name), anchor=False, width="content")
        st.badge(run.state, icon=icon, color=colour)
        short, source = family_name(run.family).short, source_title(run.source)
        st.caption(f"{short} · {plain(source)} · seed {run.seed}", width="content")
    if message := run.message or silence_note(registry, run):
        show_warning(message, icon=":material/info:")
    if progress.steps or run.active:
        st.progress(min(1.0, progress.fraction), text=plain(describe(run, progress)))
        _announce(run, progress)

    def button(label: str, icon: str, act: Callable, help: str) -> None:
        def click() -> None:
            with collect_errors():
                act(registry, registry.get(run.id))

        st.button(
            label,
            icon=f":material/{icon}:",
            key=label.removesuffix(" training").lower(),
            disabled=bool(run.active and run.requested_action) and act != control.force_stop,
            on_click=click,
            help=help,
        )

    with st.container(horizontal=True):
        if run.active:
            # Streamlit's own header has a "Stop" too, while a script runs.
            end = "It saves itself and ends; Resume goes on from there."
            button("Stop training", "stop", control.stop, end)
            if run.requested_action:
                button(
                    "Force stop",
                    "dangerous",
                    control.force_stop,
                    f"It has {PATIENCE_S:.0f} s more to save itself; then its process is ended, "
                    "and what it saved last is kept.",
                )
        elif run.state in RESUMABLE:
            button(
                "Resume",
                "play_arrow",
                control.resume,
                "It trains for what is left of its time."
                if run.minutes
                else "It goes on as if it had never stopped, bit for bit.",
            )
