"""A run's epochs as a film: one slider moves its loss, pictures and the map of its codes."""

from __future__ import annotations

import base64
import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from ballgen.runs.folder import RunFolder
from ballgen.runs.frames import (
    SHEET_COLUMNS,
    Frame,
    Probes,
    frame_times,
    read_frame,
    read_probes,
)
from ballgen.runs.registry import Run
from ballgen.ui.theme import REAL_COLOUR, class_colour, family_colour, family_name
from ballgen.ui.train.curves import History
from ballgen.ui.train.state import ON_STAGE, chosen_epoch, stay_at
from ballgen.ui.widgets import component
from ballgen.ui.widgets.tables import lazy_expander
from ballgen.util.pca import principal_components

KEY, BEGINNING = "film", "film-beginning"
MOST_BYTES = 4_000_000  # of pictures in a film; of larger ones it shows fewer epochs
KEPT = 4
HTML = """
<div class="learning">
  <div class="bar">
    <button class="play" type="button" aria-label="Play the film">▶</button>
    <div class="line">
      <canvas class="curve" aria-hidden="true"></canvas>
      <div class="controls"></div>
    </div>
  </div>
  <div class="panels">
    <div>
      <h3 class="samples-title">Samples of the same noise</h3>
      <div class="samples rows" role="img"></div>
      <p class="note">Of a GAN from N(0, I); of others from one Gaussian fitted to this epoch's
        codes.</p>
      <h3>The same test pictures, rebuilt</h3>
      <div class="rebuilt rows" role="img"></div>
    </div>
    <div class="places">
      <h3>The codes of test pictures</h3>
      <canvas class="map" role="img"></canvas>
      <ul class="legend"></ul>
      <p class="note">Seen in the plane in which the newest epoch's codes spread most (PCA).</p>
    </div>
  </div>
</div>
"""

_component = component("learning_film", HTML, "rows")


class Reel(NamedTuple):
    """What a film shows, read from a run's folder.

    places  by epoch, float (PROBES, 2): the codes in the plane in which the newest epoch's spread
            most, so that a film stands still; none if a code is a single number
    sent    what the browser needs of it, ready for JSON
    """

    probes: Probes
    epochs: list[int]
    places: dict[int, np.ndarray]
    sent: dict[str, Any]


def show_film(run: Run, folder: RunFolder, history: History) -> int:
    """The film of a run that has frames; returns the epoch that it was left at."""
    reel = _open(folder.frames, frame_times(folder.frames))
    epoch = chosen_epoch(reel.epochs)

    def leave() -> None:
        at = st.session_state[KEY].get("left_at")
        # Of a film that plays to its end while another run is being chosen nobody asked for more.
        if at and at[0] == run.id == st.session_state[ON_STAGE]:
            stay_at(run.id, int(at[1]), reel.epochs)

    family = run.recipe["family"]
    _component(
        key=KEY,
        data=reel.sent
        | {
            "run": run.id,
            "epoch": _beginning(run, epoch),
            "colour": family_colour(family),
            "rows": [
                {"label": "real", "colour": REAL_COLOUR},
                {"label": family_name(family).short, "colour": family_colour(family)},
            ],
            "losses": [(row["epoch"], row["loss"]) for row in history],
        },
        on_left_at_change=leave,
    )
    if reel.places and (fold := lazy_expander("The map as a table", "map_table")):
        x, y = reel.places[epoch].T
        fold.dataframe(
            pd.DataFrame({"x": x, "y": y, "class": reel.probes.classes}),
            hide_index=True,
            alt=f"Class and place of every code, epoch {epoch}",
        )
    return epoch


def _beginning(run: Run, epoch: int) -> int:
    """The epoch at which the run came on stage: the film moves on by itself, and what changed with
    each move would send all of it with each move.
    """
    known, beginning = st.session_state.get(BEGINNING, (None, 0))
    # A film that was not shown the last time begins anew in the browser too.
    if known != run.id or KEY not in st.session_state:
        beginning = epoch
    st.session_state[BEGINNING] = run.id, beginning
    return beginning


@st.cache_resource(max_entries=KEPT, show_spinner=False)
def _open(folder: Path, times: tuple[tuple[int, int], ...]) -> Reel:
    """Read the film anew whenever a frame was written, which its `times` show."""
    probes, frames = read_probes(folder), _kept_frames(folder, [epoch for epoch, _ in times])
    newest = list(frames)[-1]
    places: dict[int, np.ndarray] = {}
    if frames[newest].codes.shape[1] > 1:
        plane = principal_components(frames[newest].codes, 2)
        places = {epoch: plane.transform(frame.codes).round(3) for epoch, frame in frames.items()}
    return Reel(probes, list(frames), places, _to_send(probes, frames, places))


def _kept_frames(folder: Path, epochs: list[int]) -> dict[int, Frame]:
    """The frames by epoch; of large pictures every second, or fourth, ... and the newest.

    Powers of two, so that as a film grows the epochs that it still has are some that it had.
    """
    frames = {epoch: read_frame(folder, epoch) for epoch in epochs}
    size = sum(len(frame.samples) + len(frame.reconstructions) for frame in frames.values())
    every = 2 ** math.ceil(math.log2(max(1, size / MOST_BYTES)))
    return {
        epoch: frame
        for number, (epoch, frame) in enumerate(frames.items())
        if number % every == 0 or epoch == epochs[-1]
    }


def _to_send(
    probes: Probes, frames: dict[int, Frame], places: dict[int, np.ndarray]
) -> dict[str, Any]:
    _, height, width = probes.image_shape
    names = list(probes.class_names)
    corners = np.zeros((2, 2))
    if places:
        every = np.concatenate(list(places.values()))
        corners = np.stack([every.min(0), every.max(0)])
    return {
        "picture": {
            "width": width,
            "height": height,
            "samples": probes.samples,
            "rebuilt": probes.reconstructions,
            "sheetColumns": SHEET_COLUMNS,
        },
        "alts": {
            "samples": f"{probes.samples} samples of the same noise after epoch",
            "rebuilt": f"{probes.reconstructions} test pictures, and below each what it became "
            "after epoch",
            "map": f"Map of {len(probes.classes)} test pictures' codes after epoch",
        },
        "classes": [
            {"name": name, "colour": class_colour(label)} for label, name in enumerate(names)
        ],
        "labels": [names.index(name) for name in probes.classes],
        "corners": corners.ravel().tolist(),
        "originals": _text(probes.originals),
        "frames": [
            {
                "epoch": epoch,
                "samples": _text(frame.samples),
                "rebuilt": _text(frame.reconstructions),
                "places": places[epoch].tolist() if places else None,
            }
            for epoch, frame in frames.items()
        ],
    }


def _text(picture: bytes) -> str:
    return base64.b64encode(picture).decode()
