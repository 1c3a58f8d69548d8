"""All runs and checkpoints as a table; those that are ticked lay their curves over each other."""

from collections.abc import Callable
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from ballgen.checkpoint.folder import HISTORY, read_history, read_record, read_scores
from ballgen.errors import InputError
from ballgen.recipes import RECIPES
from ballgen.runs.catalogue import (
    SHIPPED,
    CheckpointInfo,
    checkpoint_folders,
    find_checkpoints,
    find_runs,
)
from ballgen.runs.folder import RunFolder
from ballgen.runs.liveness import current_runs
from ballgen.runs.registry import Registry, Run
from ballgen.runs.uploads import source_title
from ballgen.ui.session.loading import open_checkpoint
from ballgen.ui.train.curves import History, show_curves
from ballgen.ui.train.state import SELECTED
from ballgen.ui.widgets.controls import set_link
from ballgen.ui.widgets.text import show_warning
from ballgen.util.history import minimised
from ballgen.util.palette import family_colour

ROW_HEIGHT, MAX_ROWS = 36, 10
SCORES = ("KID × 1000", "Features", "SSE")
POLL_INTERVAL_S = 5.0  # while a process is at work


class Entry(NamedTuple):
    """A row of the table.

    key      in the link: a run's id, or the beginning of a checkpoint's digest
    title    in the legend of curves
    row      by column
    history  reads the curves
    """

    key: str
    title: str
    family: str
    row: dict[str, Any]
    history: Callable[[], History]


def show_history(registry: Registry, runs: list[Run]) -> None:
    """The table, sortable by a click on a column, and the curves of what is ticked; both grow with
    what trains.
    """
    active = any(run.active for run in runs)
    st.fragment(_show_runs, run_every=POLL_INTERVAL_S if active else None)(registry)


def _show_runs(registry: Registry) -> None:
    finished = {info.run: info for info in find_runs().checkpoints}
    entries = [_of_run(registry, run, finished.get(run.id)) for run in current_runs(registry)]
    folders = checkpoint_folders()
    entries += map(_of_checkpoint, find_checkpoints(folders).checkpoints)
    if SHIPPED in folders:
        curves = (path for path in sorted(SHIPPED.glob("*.jsonl")) if path.stem in RECIPES)
        entries += map(_of_curve, curves)
    if not entries:
        return
    st.header("All runs and models", anchor=False)
    st.markdown("Tick one to see how it was trained, several to lay their curves over each other.")
    # Another table for other rows: ticks are row numbers, and a new run moves every row.
    keys = [entry.key for entry in entries]
    key = "runs-" + blake2b("".join(keys).encode(), digest_size=6).hexdigest()
    named = st.query_params.get("ticked", "").split(",")
    chosen = [entry for entry in entries if entry.key in named]

    def tick() -> None:
        """Name these in the link, and the selected run, which a newer one would replace."""
        marked = [keys[row] for row in st.session_state[key].selection.rows]
        set_link(run=st.session_state.get(SELECTED), ticked=",".join(marked))

    with st.container(key="history"):
        st.dataframe(
            pd.DataFrame([entry.row for entry in entries]),
            hide_index=True,
            key=key,
            on_select=tick,
            selection_mode="multi-row",
            selection_default={"selection": {"rows": [entries.index(one) for one in chosen]}},
            height=ROW_HEIGHT * (1 + min(MAX_ROWS, len(entries))),
            column_config={
                "Started": st.column_config.DatetimeColumn(format="D MMM, HH:mm"),
                "KID × 1000": st.column_config.NumberColumn(
                    format="%.1f", help="Of samples with its default prior; lower is better."
                ),
                "Features": st.column_config.TextColumn(
                    help="Space of the KID: only those of one space and of the same images compare."
                ),
                "Loss": st.column_config.NumberColumn(
                    help="What the last epoch minimised. A σ-loss of small errors is below 0; a "
                    "GAN's two networks have no common one."
                ),
                "SSE": st.column_config.NumberColumn(
                    format="%.2f", help="Squared error of a reconstructed test image, summed."
                ),
            },
            alt="Every run and model with its state, length, last loss and scores",
        )
    histories: dict[str, History] = {}
    for entry in chosen:
        try:
            histories[entry.title] = entry.history()
        except InputError as error:
            show_warning(error)
    if histories:
        colours = [family_colour(entry.family) for entry in chosen if entry.title in histories]
        show_curves(histories, "overlay", colours)


def _of_run(registry: Registry, run: Run, checkpoint: CheckpointInfo | None) -> Entry:
    folder = RunFolder(registry.folder, run)
    history, progress = folder.history(), folder.progress()
    last = history[-1] if history else {}
    facts = _facts(checkpoint) if checkpoint else {}
    row = {
        "Name": run.name,
        "State": run.state,
        "Recipe": run.setting("name"),
        "Images": source_title(run.source),
        "Latent dimensions": _number(run.setting("network.latent_dim")),
        "Epochs": last.get("epoch", 0),
        "Planned": progress.epochs or _number(run.setting("training.epochs")),
        "Loss": minimised(last).get("loss"),
        **{name: facts.get(name) for name in SCORES},
        "Trained (s)": round(progress.seconds, 1),
        "Seed": run.seed,
        "Started": datetime.fromtimestamp(run.created_at),
        "Run": run.id,
    }
    return Entry(run.id, f"{run.name} ({run.id})", run.family, row, lambda: history)


def _of_checkpoint(info: CheckpointInfo) -> Entry:
    facts = _facts(info)
    row = {
        "Name": info.name,
        "State": "checkpoint",
        "Recipe": info.recipe,
        "Images": source_title(info.dataset.source),
        **facts,
    }
    title = f"{info.name} (checkpoint)"
    return Entry(info.digest[:12], title, info.family, row, lambda: open_checkpoint(info).history)


def _of_curve(path: Path) -> Entry:
    """Of a training whose model is too large to be shipped, by its recipe's name."""
    recipe, history = RECIPES[path.stem], read_history(path)
    row = {
        "Name": path.stem,
        "State": "curves alone",
        "Recipe": path.stem,
        "Images": source_title("sportballs"),
        "Latent dimensions": recipe.network.latent_dim,
        "Epochs": len(history),
        "Planned": recipe.training.epochs,
        "Trained (s)": round(history[-1]["seconds"], 1),
    }
    return Entry(path.stem, f"{path.stem} (curves)", recipe.family, row, lambda: history)


@st.cache_data(max_entries=500, show_spinner=False)
def _facts(info: CheckpointInfo) -> dict[str, Any]:
    """The columns that a finished training fills in; {} for one that is damaged."""
    try:
        record, scores = read_record(info.folder), read_scores(info.folder)
        history = read_history(info.folder / HISTORY)
    except (InputError, OSError):
        return {}
    kid = scores.get("kid")
    return {
        "Latent dimensions": _number(record["recipe"].get("network", {}).get("latent_dim")),
        "Epochs": record["epochs"],
        "Planned": _number(record["recipe"].get("training", {}).get("epochs")),
        "Loss": minimised(history[-1]).get("loss") if history else None,
        "KID × 1000": None if kid is None else 1000 * kid,
        "Features": scores.get("features"),
        "SSE": scores.get("sse"),
        "Trained (s)": record["seconds"],
        "Seed": record["seed"],
    }


def _number(value: Any) -> int | None:
    """A setting of a recipe that may be another version's; a table's column takes one kind."""
    return value if isinstance(value, int) and abs(value) < 2**53 else None
