"""What the page that explains random samples computes: each thing once, and kept."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import streamlit as st
import torch

from ballgen.data.sheets import contact_sheet
from ballgen.latent.coverage import (
    ReferenceCodes,
    latent_coverage,
    optimal_assignment,
    prior_codes,
    reference_codes,
)
from ballgen.latent.disentanglement import DCI, model_dci
from ballgen.runs.catalogue import CheckpointInfo
from ballgen.ui.session.loading import open_checkpoint, open_test_images
from ballgen.ui.widgets.images import to_sheet
from ballgen.util.pca import principal_components

KEPT = 60
MAPPED_KNOWN, MAPPED_DRAWN = 500, 250  # dots: more of them hide each other
WALKERS, PER_LINE = 12, 4
STEPS = 17  # places on the way, both ends included
CHOICE = 400  # codes that a walker's goal is chosen from

Figures = dict[str, float | int]


class Where(NamedTuple):
    """What map and histogram show; points (N, 2) in the plane, distances (M,) in units."""

    known: np.ndarray
    drawn: dict[str, np.ndarray]
    held_out: np.ndarray
    distances: dict[str, np.ndarray]
    limit: float


class Walk(NamedTuple):
    """The same codes on their way from N(0, I) to a fitted prior's.

    sheet        every step's pictures as one frame, see `to_sheet`
    frame_shape  (C, H, W) of a frame
    distances    at each step: the median distance to the nearest known code, in units
    """

    sheet: bytes
    frame_shape: tuple[int, int, int]
    distances: list[float]


@st.cache_data(max_entries=KEPT, show_spinner=False)
def figures_of(found: CheckpointInfo, seed: int) -> Figures:
    """Where the priors of a checkpoint fall. Raises `InputError`."""
    return latent_coverage(open_checkpoint(found).model, open_test_images(found.dataset), seed)


@st.cache_data(max_entries=KEPT, show_spinner=False)
def where(found: CheckpointInfo, priors: tuple[str, ...], seed: int) -> Where:
    """Points and distances of the codes of `priors`. Raises `InputError`."""
    model = open_checkpoint(found).model
    codes = reference_codes(model, open_test_images(found.dataset), seed)
    reference, plane = ReferenceCodes.from_codes(codes), principal_components(codes, 2)
    drawn = {prior: prior_codes(model, prior, seed) for prior in priors}
    return Where(
        known=plane.transform(codes[:MAPPED_KNOWN]),
        drawn={name: plane.transform(some[:MAPPED_DRAWN]) for name, some in drawn.items()},
        held_out=reference.held_out_distances.numpy(),
        distances={name: reference.distances(some).numpy() for name, some in drawn.items()},
        limit=reference.support_limit,
    )


@st.cache_data(max_entries=KEPT, show_spinner=False)
def walk(found: CheckpointInfo, prior: str, seed: int) -> Walk:
    """From N(0, I) straight to the nearest codes of a fitted prior. Raises `InputError`."""
    model = open_checkpoint(found).model
    reference = ReferenceCodes.from_codes(
        reference_codes(model, open_test_images(found.dataset), seed)
    )
    start = prior_codes(model, "normal", seed, WALKERS)
    goal = optimal_assignment(start, prior_codes(model, prior, seed, CHOICE))
    shares = torch.linspace(0, 1, STEPS)
    places = [torch.lerp(start, goal, share) for share in shares]
    pictures = model.decode(torch.cat(places)).split(WALKERS)
    frames = torch.stack([_frame(some) for some in pictures])
    return Walk(
        to_sheet(frames),
        tuple(frames.shape[1:]),
        [float(reference.distances(codes).median()) for codes in places],
    )


def _frame(images: torch.Tensor) -> torch.Tensor:
    """(C, H, W): a few pictures as one, in lines."""
    sheet = np.asarray(contact_sheet(images, columns=PER_LINE, gap=2).convert("RGB"))
    return torch.from_numpy(sheet.copy()).permute(2, 0, 1)


@st.cache_data(max_entries=KEPT, show_spinner=False)
def dci_of(found: CheckpointInfo) -> DCI:
    """What the codes hold of the known factors; some seconds. Raises `InputError`."""
    return model_dci(open_checkpoint(found).model, open_test_images(found.dataset))
