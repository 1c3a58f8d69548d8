"""All runs as a table; those that are ticked lay their curves over each other."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b
from typing import Any

import pandas as pd
import streamlit as st

from ballgen.errors import InputError
from ballgen.runs.catalogue import checkpoint_folders, find_checkpoints
from ballgen.runs.folder import RunFolder
from ballgen.runs.liveness import current_runs
from ballgen.runs.registry import Registry, Run
from ballgen.runs.uploads import source_title
from ballgen.ui.session.loading import open_checkpoint
from ballgen.ui.theme import family_colour
from ballgen.ui.train.curves import show_curves
from ballgen.ui.train.state import tick_runs, ticked_runs
from ballgen.ui.widgets.text import plain, show_warning

ROW_HEIGHT, MAX_ROWS = 36, 10
POLL_INTERVAL_S = 5.0  # while a process is at work


def show_history(registry: Registry, runs: list[Run]) -> None:
    """The table, sortable by a click on a column, and the curves of what is ticked; both grow with
    what trains.
    """
    st.header("All runs", anchor=False)
    st.markdown("Tick several to lay their curves over each other.")
    active = any(run.active for run in runs)
    st.fragment(_show_runs, run_every=POLL_INTERVAL_S if active else None)(registry)


def _show_runs(registry: Registry) -> None:
    runs = current_runs(registry)
    if not runs:  # the last one was just deleted elsewhere
        st.rerun()
    # Another table for other runs: ticks are row numbers, and a new run moves every row.
    key = "runs-" + blake2b("".join(run.id for run in runs).encode(), digest_size=6).hexdigest()

    def tick() -> None:
        tick_runs([runs[row] for row in st.session_state[key].selection.rows])

    ticked = ticked_runs(runs)
    with st.container(key="history"):
        st.dataframe(
            pd.DataFrame([_row(registry, run) for run in runs]),
            hide_index=True,
            key=key,
            on_select=tick,
            selection_mode="multi-row",
            selection_default={"selection": {"rows": [runs.index(run) for run in ticked]}},
            height=ROW_HEIGHT * (1 + min(MAX_ROWS, len(runs))),
            column_config={"Started": st.column_config.DatetimeColumn(format="D MMM, HH:mm")},
            alt="Every run with its state, length and last loss",
        )
    if len(ticked) > 1:
        histories = {
            f"{run.name} ({run.id})": RunFolder(registry.folder, run).history() for run in ticked
        }
        colours = [family_colour(run.family) for run in ticked]
        show_curves(histories, "overlay", colours)


def _row(registry: Registry, run: Run) -> dict:
    folder = RunFolder(registry.folder, run)
    history, progress = folder.history(), folder.progress()
    last = history[-1] if history else {}
    return {
        "Name": run.name,
        "State": run.state,
        "Recipe": run.setting("name"),
        "Images": source_title(run.source),
        "Latent dimensions": _number(run.setting("network.latent_dim")),
        "Epochs": last.get("epoch", 0),
        "Planned": progress.epochs or _number(run.setting("training.epochs")),
        "Loss": last.get("loss"),
        "Trained (s)": round(progress.seconds, 1),
        "Seed": run.seed,
        "Started": datetime.fromtimestamp(run.created_at),
        "Run": run.id,
    }


def _number(value: Any) -> int | None:
    """A setting of a recipe that may be another version's; a table's column takes one kind."""
    return value if isinstance(value, int) and abs(value) < 2**53 else None


def show_shipped() -> None:
    """Where there is no run yet: how the checkpoints were trained."""
    for info in find_checkpoints(checkpoint_folders()).checkpoints:
        try:
            histories = {info.name: open_checkpoint(info).history}
        except InputError as error:
            show_warning(error, icon=":material/warning:")
            continue
        st.subheader(f"How {plain(info.name)} was trained", anchor=False)
        show_curves(histories, f"shipped-{info.digest[:8]}", [family_colour(info.family)])
