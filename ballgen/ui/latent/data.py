"""What the page Latent space computes: codes, maps and images, each made once and kept."""

from __future__ import annotations

import threading
from typing import NamedTuple

import plotly.graph_objects as go
import streamlit as st
from torch import Tensor

from ballgen.data.imageset import ImageSet
from ballgen.latent.coverage import ReferenceCodes
from ballgen.latent.embedding import EMBEDDINGS, Embedding, Progress
from ballgen.runs.catalogue import CheckpointInfo, DatasetInfo
from ballgen.ui.latent.figure import map_figure
from ballgen.ui.session.loading import open_checkpoint, open_test_images
from ballgen.ui.widgets.images import to_sheet

MAX_POINTS = 1500  # so that t-SNE takes seconds and the browser draws every point
MAX_MAPS, MAX_CODES = 24, 16  # a map with its codes is about 1 MB


class MapChoice(NamedTuple):
    """Everything that a map depends on besides the codes.

    method      a name of `ballgen.latent.embedding.EMBEDDINGS`
    parameters  of that method, as (name, value) pairs
    """

    method: str
    dims: int
    seed: int
    parameters: tuple[tuple[str, float], ...] = ()


@st.cache_resource(max_entries=MAX_CODES, show_spinner=False)
def mapped_images(dataset: DatasetInfo) -> ImageSet:
    """The test images that are points of the map. Raises `InputError`."""
    return open_test_images(dataset).stratified_subset(MAX_POINTS)


@st.cache_resource(max_entries=MAX_CODES, show_spinner=False)
def _codes(info: CheckpointInfo) -> Tensor:
    """Codes (N, D) of those images; fast guesses where a family has to search for them."""
    return open_checkpoint(info).model.encode(mapped_images(info.dataset).images(), fast=True)


@st.cache_resource(max_entries=MAX_CODES, show_spinner=False)
def known_codes(info: CheckpointInfo) -> ReferenceCodes:
    """The same, and how far they lie from each other. Raises `InputError`."""
    return ReferenceCodes.leave_one_out(_codes(info))


_one_at_a_time = threading.Lock()  # two maps at once would take both twice as long


@st.cache_resource(max_entries=MAX_MAPS, show_spinner=False)
def _cell(identity: tuple) -> list[Embedding]:
    """An empty list to put a map into, the same for all sessions.

    A cached function could not move a progress bar while it computes the map.
    """
    return []


def is_ready(info: CheckpointInfo, choice: MapChoice) -> bool:
    """Whether the map is there already."""
    return bool(_cell(identity_of(info, choice)))


def fit_map(
    info: CheckpointInfo, choice: MapChoice, progress: Progress = lambda share: None
) -> Embedding:
    """The map of a checkpoint's codes, computed if nobody has asked for it before.

    Raises `InputError`.
    """
    cell = _cell(identity_of(info, choice))
    with _one_at_a_time:
        if not cell:
            made = EMBEDDINGS[choice.method](choice.dims, choice.seed, **dict(choice.parameters))
            cell.append(made.fit(_codes(info), progress))
    return cell[0]


def identity_of(info: CheckpointInfo, choice: MapChoice) -> tuple:
    """Tells a map from every other."""
    return info.digest, info.dataset, choice


@st.cache_resource(max_entries=100, show_spinner=False)
def figure_of(info: CheckpointInfo, choice: MapChoice, colour: str) -> go.Figure:
    """The map as a figure; the same for every selection, so that the browser keeps its zoom.

    Never changed, and no copy: one that was pickled lacks what a fresh figure has, and a map that
    is another to the browser shows its hidden classes again.
    """
    return map_figure(fit_map(info, choice).coordinates_, mapped_images(info.dataset), colour)


@st.cache_data(max_entries=8, show_spinner=False)
def thumbnails(dataset: DatasetInfo) -> bytes:
    """All mapped images on one sheet."""
    return to_sheet(mapped_images(dataset).images())


@st.cache_data(max_entries=300, show_spinner=False)
def reconstruction(info: CheckpointInfo, row: int) -> bytes:
    """The reconstruction of one mapped image; a GAN searches for about a second."""
    images = mapped_images(info.dataset).images(slice(row, row + 1))
    return to_sheet(open_checkpoint(info).model.reconstruct(images))


def decoded(info: CheckpointInfo, codes: Tensor) -> bytes:
    """Images of codes (N, D)."""
    return to_sheet(open_checkpoint(info).model.decode(codes))
