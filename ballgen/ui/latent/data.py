"""What the page Latent space computes: codes, embeddings and images, each made once and kept."""

import threading
from contextlib import suppress
from typing import NamedTuple

import streamlit as st
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ballgen.data.imageset import ImageSet
from ballgen.errors import InputError
from ballgen.latent.coverage import ReferenceCodes
from ballgen.latent.embedding import EMBEDDINGS, Embedding, Progress
from ballgen.runs.catalogue import CheckpointInfo, DatasetInfo
from ballgen.ui.latent.shipped import shipped_embedding
from ballgen.ui.session.loading import open_checkpoint, open_test_images
from ballgen.ui.widgets.images import to_sheet

MAX_POINTS = 1500  # so that t-SNE takes seconds and the browser draws every point
MAX_MAPS, MAX_CODES = 24, 16  # a map with its codes is about 1 MB
GRID_SIDES = (16, 32, 64)  # points along a side of the decoded grid: a coarse one first
TILES_AT_ONCE, MAX_TILE = 128, 64  # images that are decoded in one go, and their most px
MAX_ROWS = 400  # parts of such grids that are kept, some 100 kB each
MARGIN = 0.12  # of the width of the map, decoded around it too
PRIOR_SAMPLES = 200  # codes of a prior, shown on the map


class MapChoice(NamedTuple):
    """Everything that an embedding depends on besides the codes.

    method      a name of `ballgen.latent.embedding.EMBEDDINGS`
    parameters  of that method, as (name, value) pairs
    """

    method: str
    dims: int
    seed: int
    parameters: tuple[tuple[str, float], ...] = ()


@st.cache_resource(max_entries=MAX_CODES, show_spinner=False)
def embedded_images(dataset: DatasetInfo) -> ImageSet:
    """The test images that are points of the map. Raises `InputError`."""
    return open_test_images(dataset).stratified_subset(MAX_POINTS)


def test_row(dataset: DatasetInfo, row: int) -> int:
    """Which test image a mapped image is. Raises `InputError`."""
    return int(open_test_images(dataset).stratified_rows(MAX_POINTS)[row])


@st.cache_resource(max_entries=MAX_CODES, show_spinner=False)
def _codes(info: CheckpointInfo) -> Tensor:
    """Codes (N, D) of those images; estimates where a family has to search for them."""
    return open_checkpoint(info).model.encode(embedded_images(info.dataset).images(), fast=True)


@st.cache_resource(max_entries=MAX_CODES, show_spinner=False)
def reference_codes(info: CheckpointInfo) -> ReferenceCodes:
    """The same, with their distances from each other. Raises `InputError`."""
    return ReferenceCodes.leave_one_out(_codes(info))


_one_at_a_time = threading.Lock()  # two fits at once would take both twice as long


@st.cache_resource(max_entries=MAX_MAPS, show_spinner=False)
def _cell(identity: tuple) -> list[Embedding]:
    """An empty list to put an embedding into, the same for all sessions.

    A cached function could not move a progress bar while it fits.
    """
    return []


def is_ready(info: CheckpointInfo, choice: MapChoice) -> bool:
    """Whether the embedding is there already."""
    return bool(_cell(identity_of(info, choice))) or _shipped(info, choice) is not None


def fit_map(
    info: CheckpointInfo, choice: MapChoice, progress: Progress = lambda share: None
) -> Embedding:
    """The embedding of a checkpoint's codes, fitted if nobody has asked for it before.

    Raises `InputError`.
    """
    cell = _cell(identity_of(info, choice))
    if cell:  # and no wait for somebody else's
        return cell[0]
    with _one_at_a_time:
        if not cell:
            made = EMBEDDINGS[choice.method](choice.dims, choice.seed, **dict(choice.parameters))
            codes, kept = _codes(info), _shipped(info, choice)
            cell.append(made.fit(codes, progress) if kept is None else made.restore(codes, kept))
    return cell[0]


def _shipped(info: CheckpointInfo, choice: MapChoice) -> Tensor | None:
    return shipped_embedding(info, choice.method, choice.dims, choice.seed, dict(choice.parameters))


def identity_of(info: CheckpointInfo, choice: MapChoice) -> tuple:
    """Different for each embedding."""
    return info.digest, info.dataset, choice


@st.cache_data(max_entries=8, show_spinner=False)
def thumbnails(dataset: DatasetInfo) -> bytes:
    """All mapped images on one sheet."""
    return to_sheet(embedded_images(dataset).images())


@st.cache_data(max_entries=300, show_spinner=False)
def reconstruction(info: CheckpointInfo, row: int) -> bytes:
    """The reconstruction of one mapped image; a GAN searches for about a second."""
    images = embedded_images(info.dataset).images(slice(row, row + 1))
    return to_sheet(open_checkpoint(info).model.reconstruct(images))


def decoded(info: CheckpointInfo, codes: Tensor) -> bytes:
    """Images of codes (N, D)."""
    return to_sheet(open_checkpoint(info).model.decode(codes))


class DecodedCodes(NamedTuple):
    """Images decoded from codes, and where the codes lie among the reference codes.

    sheet      bytes from `to_sheet`
    distances  to the nearest reference code, in units of `ReferenceCodes`; [] where there are none
    lengths    from the mean of the reference codes; likewise
    """

    sheet: bytes
    distances: list[float]
    lengths: list[float]


def decode_codes(info: CheckpointInfo, codes: Tensor, max_side: int | None = None) -> DecodedCodes:
    """Codes (N, D), decoded, with their distances.

    max_side  px that images are reduced to; None for their own size

    Raises `InputError`.
    """
    distances, lengths = [], []
    with suppress(InputError):  # too few codes, or too alike, to measure distances
        reference = reference_codes(info)
        distances, lengths = reference.distances(codes).tolist(), reference.lengths(codes).tolist()
    images = open_checkpoint(info).model.decode(codes)
    if max_side and max(images.shape[2:]) > max_side:
        images = interpolate(images, tile_size(info), mode="area")
    return DecodedCodes(to_sheet(images), distances, lengths)


def tile_size(info: CheckpointInfo) -> tuple[int, int]:
    """Height and width of an image of a grid of a map."""
    _, height, width = info.dataset.image_shape
    share = min(1.0, MAX_TILE / max(height, width))
    return max(1, round(share * height)), max(1, round(share * width))


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


@st.cache_data(max_entries=MAX_MAPS, show_spinner=False)
def prior_samples(info: CheckpointInfo, prior: str, seed: int) -> tuple[Tensor, DecodedCodes]:
    """Random codes (PRIOR_SAMPLES, D) of a prior, and their images. Raises `InputError`."""
    codes = open_checkpoint(info).model.sample_codes(PRIOR_SAMPLES, seed, prior)
    return codes, decode_codes(info, codes)
