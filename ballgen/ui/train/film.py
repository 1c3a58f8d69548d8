"""A run's epochs as a film: one slider moves its loss, images and the map of its codes."""

import pandas as pd
import streamlit as st

from ballgen.runs.folder import RunFolder
from ballgen.runs.registry import Run
from ballgen.ui.train.curves import History
from ballgen.ui.train.data import open_film
from ballgen.ui.train.state import SELECTED, selected_epoch
from ballgen.ui.widgets import component
from ballgen.ui.widgets.controls import set_link
from ballgen.ui.widgets.tables import lazy_expander
from ballgen.ui.widgets.text import show_warning
from ballgen.util.palette import REAL_COLOUR, family_colour, family_name

MAX_DAMAGED = 3  # lines about frames that cannot be shown
KEY, START = "film", "film-start"
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
      <p class="note">GAN: sampled with N(0, I). AE, VAE: with a Gaussian fitted to this epoch's
        codes.</p>
      <h3>Reconstructions of the same test images</h3>
      <div class="reconstructions rows" role="img"></div>
    </div>
    <div class="codes">
      <h3>Latent codes of test images</h3>
      <svg class="map" role="img"></svg>
      <ul class="legend"></ul>
      <p class="note">PCA of the newest epoch's codes.</p>
    </div>
  </div>
</div>
"""

_component = component("learning_film", HTML, "rows")


def show_film(run: Run, folder: RunFolder, history: History) -> int:
    """The film of a run that has frames; returns the epoch that it was left at.

    Raises `InputError` if none can be shown.
    """
    film = open_film(folder.frames)
    for damage in film.damaged[:MAX_DAMAGED]:
        show_warning(damage, icon=":material/broken_image:")
    epoch = selected_epoch(film.epochs)

    def leave() -> None:
        at = st.session_state[KEY].get("left_at")
        # Of a film that plays to its end while another run is being chosen nobody asked for more.
        if at and at[0] == run.id == st.session_state[SELECTED]:
            newest = at[1] == film.epochs[-1]  # which moves on while a run trains
            set_link(run=run.id, epoch=None if newest else str(int(at[1])))

    colour = family_colour(run.family)
    _component(
        key=KEY,
        data=film.sent
        | {
            "run": run.id,
            "epoch": _start_epoch(run, epoch if epoch != film.epochs[-1] else None),
            "colour": colour,
            "rows": [
                {"label": "real", "colour": REAL_COLOUR},
                {"label": family_name(run.family).short, "colour": colour},
            ],
            "losses": [(row["epoch"], row["loss"]) for row in history if "loss" in row],
        },
        on_left_at_change=leave,
    )
    if film.coordinates and (inside := lazy_expander("The map as a table", "map_table")):
        x, y = film.coordinates[epoch].T
        inside.dataframe(
            pd.DataFrame({"x": x, "y": y, "class": film.fixed.classes}),
            hide_index=True,
            alt=f"Class and coordinates of every code, epoch {epoch}",
        )
    return epoch


def _start_epoch(run: Run, epoch: int | None) -> int | None:
    """The epoch at which the run was selected, None for the newest, which a training moves on.

    The film moves on by itself, and what changed with each move would send all of it each time.
    """
    known, start = st.session_state.get(START, (None, None))
    # A film that was not shown the last time begins anew in the browser too.
    if known != run.id or KEY not in st.session_state:
        start = epoch
    st.session_state[START] = run.id, start
    return start
