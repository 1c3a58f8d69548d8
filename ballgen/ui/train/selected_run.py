"""The selected run: where it stands, its film and curves, what it came to, what can be done."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from ballgen.checkpoint.folder import is_taken
from ballgen.errors import InputError
from ballgen.report.metrics import FEATURES, KIDS, STORED, how_sure, metrics
from ballgen.runs import control
from ballgen.runs.catalogue import CheckpointInfo, list_checkpoints, promoted_folder
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
from ballgen.runs.tensorboard import events_bytes, events_name
from ballgen.runs.uploads import source_title
from ballgen.ui.session.loading import open_checkpoint
from ballgen.ui.session.scoring import show_caveats
from ballgen.ui.shell import ENTRIES
from ballgen.ui.theme import colour_edges
from ballgen.ui.train.curves import show_curves
from ballgen.ui.train.film import show_film
from ballgen.ui.train.form import fill_in
from ballgen.ui.train.state import DONE, SELECTED, collect_errors, selected_run
from ballgen.ui.widgets.controls import set_link
from ballgen.ui.widgets.popovers import ask_for_name, ask_to_delete, asking_popover, confirm
from ballgen.ui.widgets.tables import show_figures
from ballgen.ui.widgets.text import escaped, show_error, show_warning
from ballgen.util.history import is_finetuning
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
SCORES = (KIDS["kid"], KIDS["kid_normal"], STORED["c2st_accuracy"][0], STORED["sse"][0], FEATURES)
NEXT_PAGES = ("compare", "why", "latent", "interpolate")


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
        if any(map(is_finetuning, history)):
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
        st.header(escaped(run.name), anchor=False, width="content")
        st.badge(run.state, icon=icon, color=colour)
        short, source = family_name(run.family).short, source_title(run.source)
        st.caption(f"{short} · {escaped(source)} · seed {run.seed}", width="content")
    if message := run.message or silence_note(registry, run):
        show_warning(message, icon=":material/info:")
    if progress.steps or run.active:
        st.progress(min(1.0, progress.fraction), text=escaped(describe(run, progress)))
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


def show_result(run: Run) -> None:
    """Scores and links, if its checkpoint is there and can be opened."""
    catalogue = list_checkpoints()
    info = next((one for one in catalogue.checkpoints if one.run == run.id), None)
    if not info:
        return
    same = [one for one in catalogue.of(info.family, info.dataset) if one.run != run.id]
    titles = {"This run": info} | ({same[0].name: same[0]} if same else {})
    with st.container(key="result"):
        try:
            checkpoints = {title: open_checkpoint(one) for title, one in titles.items()}
        except InputError as error:
            show_warning(error)
            return
        show_caveats(checkpoints["This run"], "This run:")
        columns = {
            title: {name: score for name, score in metrics(one).items() if name in SCORES}
            for title, one in checkpoints.items()
        }
        show_figures(columns, "Scores of this run, beside another model of its family", "Score")
        scores = list(columns.values())
        st.caption(how_sure(scores))
        with st.container(horizontal=True):
            for entry in ENTRIES:
                if entry.name in NEXT_PAGES:
                    page, icon = f"pages/{entry.name}.py", f":material/{entry.icon}:"
                    st.page_link(page, icon=icon, query_params=_link(info))


def _link(info: CheckpointInfo) -> dict[str, str | list[str]]:
    """Shows this model, beside the default ones of the other families."""
    catalogue = list_checkpoints()
    families = dict.fromkeys(one.family for one in catalogue.checkpoints)
    others = [catalogue.of(family, info.dataset) for family in families if family != info.family]
    names = [info.name, *(infos[0].name for infos in others if infos)]
    return {"models": names, "dataset": info.dataset.title}


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
        f"The finished checkpoint is copied to {escaped(folder.name)}/: there it stays when the "
        "run is deleted, and commands find it by its name."
    )
    name = st.text_input("Name there", run.id, key="promote-name").strip()
    try:
        taken = bool(name) and is_taken(folder / name)
    except InputError as error:
        show_error(error)
        return
    replace = taken and st.checkbox(
        f"Replace the {escaped(name)} that is there", key="promote-replace"
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
