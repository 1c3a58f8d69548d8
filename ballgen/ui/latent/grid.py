"""The decoded grid of a flat map: rows of points, decoded as the browser asks for them."""

import streamlit as st
import torch

from ballgen.latent.embedding import Embedding
from ballgen.runs.catalogue import CheckpointInfo
from ballgen.ui.latent.data import MAX_TILE, DecodedCodes, decode_codes
from ballgen.ui.latent.fitting import MapChoice, fit_map

GRID_SIDES = (16, 32, 64)  # points along a side: a coarse grid first
TILES_AT_ONCE = 128  # images that are decoded in one go
MAX_ROWS = 400  # parts of such grids that are kept, some 100 kB each
MARGIN = 0.12  # of the width of the map, decoded around it too


def grid_box(fitted: Embedding) -> list[list[float]]:
    """The lower left and the upper right corner of the part of a flat map that is decoded."""
    low, high = fitted.coordinates_.amin(0), fitted.coordinates_.amax(0)
    margin = (MARGIN * (high - low)).clamp_min(1e-6)
    return [(low - margin).tolist(), (high + margin).tolist()]


def rows_at_once(side: int) -> int:
    """Rows of a grid that are decoded in one go: more would hold up a click."""
    return max(1, TILES_AT_ONCE // side)


@st.cache_data(max_entries=MAX_ROWS, show_spinner=False)
def grid_rows(info: CheckpointInfo, choice: MapChoice, side: int, first: int) -> DecodedCodes:
    """`rows_at_once` rows of a grid of side × side points of a flat map.

    first  of them, counted from the lowest
    Raises `InputError`.
    """
    fitted = fit_map(info, choice)
    (left, bottom), (right, top) = grid_box(fitted)
    ys = torch.linspace(bottom, top, side)[first : first + rows_at_once(side)]
    coordinates = torch.cartesian_prod(ys, torch.linspace(left, right, side)).flip(1)
    return decode_codes(info, fitted.inverse_transform(coordinates), MAX_TILE)
