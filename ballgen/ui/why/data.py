"""What the Why page computes: each thing once for all sessions."""

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

MAX_RESULTS = 60
REFERENCE_DOTS, DRAWN_DOTS = 500, 250  # on the map: more of them hide each other
PATH_CODES, PER_LINE = 12, 4
PATH_STEPS = 17  # both ends included
CHOICE = 400  # codes of the fitted prior that the ends of the path are chosen from


class Coverage(NamedTuple):
    """What map and histogram show; points (N, 2) in the plane, distances (M,) in units."""

    reference: np.ndarray
    drawn: dict[str, np.ndarray]
    held_out: np.ndarray
    distances: dict[str, np.ndarray]
    limit: float


@st.cache_data(max_entries=MAX_RESULTS, show_spinner=False)
def coverage_figures(info: CheckpointInfo, seed: int) -> dict[str, float | int]:
    """Latent coverage of a checkpoint's priors in figures. Raises `InputError`."""
    return latent_coverage(open_checkpoint(info).model, open_test_images(info.dataset), seed)


@st.cache_data(max_entries=MAX_RESULTS, show_spinner=False)
def coverage(info: CheckpointInfo, priors: tuple[str, ...], seed: int) -> Coverage:
    """Points and distances of the codes of `priors`. Raises `InputError`."""
    model = open_checkpoint(info).model
    codes = reference_codes(model, open_test_images(info.dataset), seed)
    reference, plane = ReferenceCodes.from_codes(codes), principal_components(codes, 2)
    drawn = {prior: prior_codes(model, prior, seed) for prior in priors}
    return Coverage(
        reference=plane.transform(codes[:REFERENCE_DOTS]),
        drawn={name: plane.transform(some[:DRAWN_DOTS]) for name, some in drawn.items()},
        held_out=reference.held_out_distances.numpy(),
        distances={name: reference.distances(some).numpy() for name, some in drawn.items()},
        limit=reference.support_limit,
    )


@st.cache_data(max_entries=MAX_RESULTS, show_spinner=False)
def path_between(
    info: CheckpointInfo, prior: str, seed: int
) -> tuple[bytes, tuple[int, int, int], list[float]]:
    """The same codes on their way from N(0, I) straight to the nearest ones of a fitted prior.

    Gives a sheet of every step's images as one frame, (C, H, W) of a frame, and at each step the
    median distance to the nearest reference code, in units. Raises `InputError`.
    """
    model = open_checkpoint(info).model
    codes = reference_codes(model, open_test_images(info.dataset), seed)
    reference = ReferenceCodes.from_codes(codes)
    start = prior_codes(model, "normal", seed, PATH_CODES)
    goal = optimal_assignment(start, prior_codes(model, prior, seed, CHOICE))
    steps = [torch.lerp(start, goal, share) for share in torch.linspace(0, 1, PATH_STEPS)]
    decoded = model.decode(torch.cat(steps)).split(PATH_CODES)
    frames = torch.stack([_frame(images) for images in decoded])
    distances = [float(reference.distances(codes).median()) for codes in steps]
    return to_sheet(frames), tuple(frames.shape[1:]), distances


def _frame(images: torch.Tensor) -> torch.Tensor:
    """(C, H, W): a few images as one, in lines."""
    sheet = np.asarray(contact_sheet(images, columns=PER_LINE, gap=2).convert("RGB"))
    return torch.from_numpy(sheet.copy()).permute(2, 0, 1)


@st.cache_data(max_entries=MAX_RESULTS, show_spinner=False)
def dci_of(info: CheckpointInfo) -> DCI:
    """What the codes hold of the known factors; takes some seconds. Raises `InputError`."""
    return model_dci(open_checkpoint(info).model, open_test_images(info.dataset))
