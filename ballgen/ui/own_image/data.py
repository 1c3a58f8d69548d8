"""What the page Own image computes: reconstructions, and how far a code is from known ones."""

from __future__ import annotations

import math
from typing import NamedTuple

import streamlit as st
from torch import Tensor

from ballgen.latent.coverage import ReferenceCodes, reference_codes
from ballgen.runs.catalogue import CheckpointInfo
from ballgen.ui.interpolate.data import End, search_own_code
from ballgen.ui.latent.data import MapChoice, fit_map, mapped_images
from ballgen.ui.session.loading import open_checkpoint, open_test_images
from ballgen.util.checks import generator_of
from ballgen.util.neighbours import Neighbours, nearest_neighbours

MAX_REFERENCES = 12
MAP = MapChoice("PCA", 2, 0)
NEIGHBOURS = 8


class Reconstruction(NamedTuple):
    """What a model makes of an image.

    image          (1, C, H, W)
    squared_error  summed over pixels and channels
    """

    image: Tensor
    squared_error: float

    @property
    def psnr(self) -> float:
        """dB; infinite where nothing differs."""
        mean = self.squared_error / self.image.numel()
        return -10 * math.log10(mean) if mean > 0 else math.inf


def reconstruct(info: CheckpointInfo, end: End, code: Tensor) -> Reconstruction:
    """What the code (D,) of an own image decodes to. Raises `InputError`."""
    image = open_checkpoint(info).model.decode(code[None])
    return Reconstruction(image, float((image - end.image(info.dataset)).square().sum()))


@st.cache_resource(max_entries=MAX_REFERENCES, show_spinner=False)
def known_codes(info: CheckpointInfo) -> ReferenceCodes:
    """Codes like those that the decoder was trained on. Raises `InputError`."""
    model = open_checkpoint(info).model
    return ReferenceCodes.from_codes(reference_codes(model, open_test_images(info.dataset)))


def distance_in_words(info: CheckpointInfo, end: End) -> str:
    """How far an own image's code is from those that the decoder was trained on.

    Raises `InputError` where there are too few of them, or they are all alike.
    """
    known, model = known_codes(info), open_checkpoint(info).model
    code = search_own_code(info, end)[None]
    if not model.searches_codes:  # as the known ones were drawn: a VAE's with its noise
        code = model.sample_posterior(end.image(info.dataset), generator_of(0))
    what = "codes drawn as in training" if model.searches_codes else "test images"
    return in_words(known, code, what)


def in_words(known: ReferenceCodes, code: Tensor, what: str) -> str:
    """How far a code (1, D) is from known ones, against those held out, which `what` names."""
    held_out = known.held_out_distances
    nearer = float((held_out < known.distances(code)).float().mean())
    if nearer == 1:
        said = (
            f"Code: farther from those of training than all of {len(held_out):,} {what}. The "
            "decoder was hardly trained on such codes."
        )
    elif nearer > 0.5:
        said = f"Code: farther from those of training than {_share(nearer)} {what}."
    else:
        said = f"Code: nearer to those of training than {_share(1 - nearer)} {what}."
    length, lengths = float(known.lengths(code)), known.held_out_lengths
    if length > lengths[-1] and nearer < 1:
        said += " It is longer than all of theirs."
    if length < lengths[0]:
        said += " It is shorter than all of theirs."
    return said


def _share(share: float) -> str:
    if share >= 0.99:
        return f"{min(999, math.floor(1000 * share))} of 1,000"
    return f"{math.floor(10 * share)} of 10"


def error_in_words(info: CheckpointInfo, squared_error: float) -> str:
    """The error beside what is usual for this model, "" where that was not measured."""
    usual = open_checkpoint(info).scores.get("sse")
    if not usual:
        return ""
    return f"{number(squared_error / usual)} times the mean of test images."


def number(value: float) -> str:
    """Three digits of it, more before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def map_code(info: CheckpointInfo, end: End) -> Tensor:
    """The code (1, D) of an own image as the map's codes were found: a guess, for a search."""
    return open_checkpoint(info).model.encode(end.image(info.dataset), fast=True)


def neighbours(info: CheckpointInfo, end: End) -> Neighbours:
    """Those of its code among the codes of the map's images. Raises `InputError`."""
    codes = fit_map(info, MAP).codes_
    return nearest_neighbours(map_code(info, end), codes, min(NEIGHBOURS, len(codes)))


def pixel_neighbours(info: CheckpointInfo, end: End) -> Neighbours:
    """Those of its pixels among the map's images, by squared error's root. Raises `InputError`."""
    images = mapped_images(info.dataset).images()
    return nearest_neighbours(end.image(info.dataset), images, min(NEIGHBOURS, len(images)))


def coordinates(info: CheckpointInfo, end: End) -> tuple[float, float]:
    """Where it lies on the map by PCA. Raises `InputError`."""
    x, y = fit_map(info, MAP).transform(map_code(info, end))[0].tolist()
    return x, y
