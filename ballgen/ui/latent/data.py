"""What the page Latent space computes of images and codes, each made once and kept."""

from contextlib import suppress
from typing import NamedTuple

import streamlit as st
from torch import Tensor
from torch.nn.functional import interpolate

from ballgen.data.imageset import ImageSet
from ballgen.errors import InputError
from ballgen.latent.coverage import ReferenceCodes
from ballgen.runs.catalogue import CheckpointInfo, DatasetInfo
from ballgen.ui.session.loading import open_checkpoint, open_test_images
from ballgen.ui.widgets.images import to_sheet

MAX_POINTS = 2000  # so that t-SNE takes seconds and the browser draws every point
MAX_CODES = 16  # of a set, about 0.3 MB
MAX_TILE = 64  # px of an image of a grid
PRIOR_SAMPLES = 200  # codes of a prior, shown on the map


@st.cache_resource(max_entries=MAX_CODES, show_spinner=False)
def embedded_images(dataset: DatasetInfo) -> ImageSet:
    """The test images that are points of the map. Raises `InputError`."""
    return open_test_images(dataset).stratified_subset(MAX_POINTS)


def test_row(dataset: DatasetInfo, row: int) -> int:
    """Which test image a mapped image is. Raises `InputError`."""
    return int(open_test_images(dataset).stratified_rows(MAX_POINTS)[row])


@st.cache_resource(max_entries=MAX_CODES, show_spinner=False)
def embedded_codes(info: CheckpointInfo) -> Tensor:
    """Codes (N, D) of those images; estimates where a family has to search for them."""
    return open_checkpoint(info).model.encode(embedded_images(info.dataset).images(), fast=True)


@st.cache_resource(max_entries=MAX_CODES, show_spinner=False)
def reference_codes(info: CheckpointInfo) -> ReferenceCodes:
    """The same, with their distances from each other. Raises `InputError`."""
    return ReferenceCodes.leave_one_out(embedded_codes(info))


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


@st.cache_data(max_entries=MAX_CODES, show_spinner=False)
def prior_samples(info: CheckpointInfo, prior: str, seed: int) -> tuple[Tensor, DecodedCodes]:
    """Random codes (PRIOR_SAMPLES, D) of a prior, and their images. Raises `InputError`."""
    codes = open_checkpoint(info).model.sample_codes(PRIOR_SAMPLES, seed, prior)
    return codes, decode_codes(info, codes)
