"""The run on stage: where it stands, its curves, and its epochs as a film."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from ballgen.runs import control
from ballgen.runs.folder import Progress, RunFolder
from ballgen.runs.frames import Probes, frame_epochs, map_basis, read_frame, read_probes
from ballgen.runs.liveness import observe
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
from ballgen.ui.pictures import Row, show_pictures
from ballgen.ui.theme import REAL_COLOUR, class_colour, colour_edges, family_colour, family_name
from ballgen.ui.train.actions import ASKED, show_actions
from ballgen.ui.train.curves import show_curves, show_table
from ballgen.ui.train.link import chosen_epoch, chosen_run, follow, stay_at, tell
from ballgen.ui.train.standing import describe

LOOK_EVERY = 1.5  # s, while a process is at work
MAP_HEIGHT = 300  # px
# On a telephone the pictures lie below the screen's edge: the slider that moves them comes along.
STAYING_SLIDER = """
[class*=" st-key-epoch-"] {
  position: sticky; top: 3.75rem; z-index: 5; padding-bottom: 0.5rem;
  backdrop-filter: blur(1rem);
}
"""
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
    st.session_state["run"] = run.id

    def choose() -> None:
        follow(st.session_state["run"])

    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Run",
            list(by_id),
            format_func=lambda run_id: f"{by_id[run_id].name} · {run_id}",
            key="run",
            on_change=choose,
            filter_mode=None,
            width=220,
        )
        show_actions(registry, run)  # not in the card: its ticking would close their dialogs
    family = run.recipe["family"]
    colour_edges({"stage": family_colour(family)})
    st.html(f"<style>{STAYING_SLIDER}</style>")
    look = st.fragment(_look, run_every=LOOK_EVERY if run.active else None)
    look(registry, run.id, run.state)


def _look(registry: Registry, run_id: str, known_state: str) -> None:
    run = next((run for run in observe(registry) if run.id == run_id), None)
    typing = ASKED in st.session_state  # a page that is drawn anew forgets what was not sent yet
    if run is None or (run.state != known_state and not typing):  # None: it was deleted meanwhile
        st.rerun()  # the whole page: the list below changes too, and the ticking may end
    folder = RunFolder(registry.folder, run)
    with st.container(border=True, key="stage"):
        _show_head(registry, run, folder.progress())
        epochs = frame_epochs(folder.frames)
        epoch = _ask_for_epoch(run, epochs)
        if epochs:
            _show_frame(run, folder, epoch, epochs)
        elif run.active:
            st.caption("Pictures come with the end of the first epoch.")
        history = {run.name: folder.history()}
        show_curves(history, "curves", [family_colour(run.recipe["family"])], epoch)
        show_table(history)


def _show_head(registry: Registry, run: Run, progress: Progress) -> None:
    icon, colour = BADGES[run.state]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(run.name, anchor=False, width="content")
        st.badge(run.state, icon=icon, color=colour)
        st.caption(
            f"{family_name(run.recipe['family']).short} · {run.source} · seed {run.seed}",
            width="content",
        )
    if run.message:
        st.warning(run.message, icon=":material/info:")
    if progress.steps or run.active:
        st.progress(min(1.0, progress.share), text=describe(run, progress))
    with st.container(horizontal=True):
        if run.active:
            asked = bool(run.wish)
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


def _ask_for_epoch(run: Run, epochs: list[int]) -> int:
    """The one slider that moves curves, samples, reconstructions and map together."""
    if len(epochs) < 2:
        return epochs[0] if epochs else 0
    # Another slider with each frame: the browser may still send the old one's place as if
    # somebody had moved it there.
    key = f"epoch-{run.id}-{len(epochs)}"
    st.session_state[key] = chosen_epoch(epochs)

    def move() -> None:
        stay_at(st.session_state[key], epochs)

    return st.select_slider(
        "Epoch",
        epochs,
        key=key,
        on_change=move,
        help="Moves the mark on the curves, the samples, the rebuilt pictures and the map.",
    )


def _show_frame(run: Run, folder: RunFolder, epoch: int, epochs: list[int]) -> None:
    family, probes = run.recipe["family"], read_probes(folder.frames)
    frame = read_frame(folder.frames, epoch)
    colour = family_colour(family)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.subheader(f"Samples of the same noise after epoch {epoch}", anchor=False)
        show_pictures(
            [Row(frame.samples)],
            probes.samples,
            probes.image_shape,
            f"{probes.samples} samples of the same noise after epoch {epoch}",
            key="film-samples",
        )
        st.subheader("The same test pictures, rebuilt", anchor=False)
        show_pictures(
            [
                Row(probes.originals, "real", REAL_COLOUR),
                Row(frame.rebuilt, family_name(family).short, colour),
            ],
            probes.rebuilt,
            probes.image_shape,
            f"{probes.rebuilt} test pictures, and below each what it became after epoch {epoch}",
            key="film-rebuilt",
        )
    with right:
        st.subheader("The codes of test pictures", anchor=False)
        _show_map(folder, frame.codes, probes, epochs[-1], epoch)


def _show_map(
    folder: RunFolder, codes: np.ndarray, probes: Probes, newest: int, epoch: int
) -> None:
    """Codes in the plane in which the newest epoch's spread most, so that a film stands still."""
    if codes.shape[1] < 2:
        st.caption("A code of one number has no map.")
        return
    mean, directions = map_basis(read_frame(folder.frames, newest).codes)
    places = (codes - mean) @ directions
    data = pd.DataFrame({"x": places[:, 0], "y": places[:, 1], "class": probes.classes})
    names = list(probes.class_names)
    colours = alt.Scale(domain=names, range=[class_colour(label) for label in range(len(names))])
    legend = alt.Legend(title=None, orient="bottom")
    chart = (
        alt.Chart(data)
        .mark_point(size=30, opacity=0.7, filled=True)
        .encode(
            x=alt.X("x:Q", title=None),
            y=alt.Y("y:Q", title=None),
            color=alt.Color("class:N", scale=colours, legend=legend),
            shape=alt.Shape("class:N", scale=alt.Scale(domain=names), legend=legend),
            tooltip=["class"],
        )
        .properties(height=MAP_HEIGHT)
    )
    st.altair_chart(
        chart, key="film-map", alt=f"Map of {len(codes)} test pictures' codes after epoch {epoch}"
    )
    st.caption("Seen in the plane in which the newest epoch's codes spread most (PCA).")
    with st.expander("The map as a table", icon=":material/table:"):
        st.dataframe(data, hide_index=True, alt=f"Class and place of every code, epoch {epoch}")
