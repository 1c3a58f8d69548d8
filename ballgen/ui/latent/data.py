"""Codes, maps and their figures: each made once in the server's life, and kept."""

from __future__ import annotations

import threading
from typing import NamedTuple

import plotly.graph_objects as go
import streamlit as st
from torch import Tensor

from ballgen.data.imageset import ImageSet
from ballgen.latent.embedding import EMBEDDINGS, Embedding, Progress
from ballgen.runs.catalogue import CheckpointInfo, DatasetInfo
from ballgen.ui.latent.figure import map_figure
from ballgen.ui.session.loading import open_checkpoint, open_test_images
from ballgen.ui.widgets.images import to_sheet

MOST_POINTS = 1500  # so that t-SNE takes seconds and the browser draws every point
KEPT_MAPS, KEPT_CODES = 24, 16  # a map with its codes is about 1 MB


class MapChoice(NamedTuple):
    """Everything that a map depends on besides the codes.

    method      a name of `ballgen.latent.embedding.EMBEDDINGS`
    parameters  of that map, as (name, value) pairs
    """

    method: str
    dims: int
    seed: int
    parameters: tuple[tuple[str, float], ...] = ()


@st.cache_resource(max_entries=KEPT_CODES, show_spinner=False)
def mapped_pictures(pictures: DatasetInfo) -> ImageSet:
    """The test pictures that are points of the map. Raises `InputError`."""
    return open_test_images(pictures).stratified_subset(MOST_POINTS)


@st.cache_resource(max_entries=KEPT_CODES, show_spinner=False)
def mapped_codes(found: CheckpointInfo) -> Tensor:
    """Codes (N, D) of those pictures; close guesses where a family has to search for them."""
    return open_checkpoint(found).model.encode(mapped_pictures(found.dataset).images(), fast=True)


_one_at_a_time = threading.Lock()  # two maps at once would take both twice as long


@st.cache_resource(max_entries=KEPT_MAPS, show_spinner=False)
def _cell(identity: tuple) -> list[Embedding]:
    """An empty list to put a map into, the same for all sessions.

    A cached function could not move a progress bar while it computes the map.
    """
    return []


def is_ready(found: CheckpointInfo, choice: MapChoice) -> bool:
    """Whether the map is there already."""
    return bool(_cell(identity_of(found, choice)))


def fit_map(
    found: CheckpointInfo, choice: MapChoice, progress: Progress = lambda share: None
) -> Embedding:
    """The map of a checkpoint's codes, computed if nobody has asked for it before.

    Raises `InputError`.
    """
    cell = _cell(identity_of(found, choice))
    with _one_at_a_time:
        if not cell:
            kind = EMBEDDINGS[choice.method]
            made = kind(choice.dims, choice.seed, **dict(choice.parameters))
            cell.append(made.fit(mapped_codes(found), progress))
    return cell[0]


def identity_of(found: CheckpointInfo, choice: MapChoice) -> tuple:
    """Tells a map from every other."""
    return found.digest, found.dataset, choice


@st.cache_data(max_entries=100, show_spinner=False)
def figure_of(found: CheckpointInfo, choice: MapChoice, colour: str) -> go.Figure:
    """The map as a figure; the same for every selection, so that the browser keeps its zoom."""
    return map_figure(fit_map(found, choice).coordinates_, mapped_pictures(found.dataset), colour)


@st.cache_data(max_entries=8, show_spinner=False)
def thumbnails(pictures: DatasetInfo) -> bytes:
    """All mapped pictures on one sheet."""
    return to_sheet(mapped_pictures(pictures).images())


@st.cache_data(max_entries=300, show_spinner=False)
def rebuilt_picture(found: CheckpointInfo, row: int) -> bytes:
    """What the model makes of one mapped picture; a GAN searches for about a second."""
    images = mapped_pictures(found.dataset).images(slice(row, row + 1))
    return to_sheet(open_checkpoint(found).model.reconstruct(images))


def decoded(found: CheckpointInfo, codes: Tensor) -> bytes:
    """Pictures of codes (N, D)."""
    return to_sheet(open_checkpoint(found).model.decode(codes))
