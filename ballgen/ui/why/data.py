"""What the page computes: each thing once for all sessions."""

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from ballgen.data.sheets import SHEET_GRAY, contact_sheet
from ballgen.latent.coverage import (
    ReferenceCodes,
    coverage_figures,
    optimal_assignment,
    prior_codes,
    prior_figures,
    reference_codes,
)
from ballgen.latent.disentanglement import DCI, model_dci
from ballgen.runs.catalogue import CheckpointInfo
from ballgen.ui.session.loading import open_checkpoint, open_test_images
from ballgen.ui.widgets.images import to_sheet

MAX_RESULTS, MAX_REFERENCES = 60, 16
PATH_CODES, PER_LINE = 12, 4
PATH_STEPS = 17  # both ends included
CHOICE = 400  # codes of the fitted prior that the ends of the path are chosen from


@st.cache_resource(max_entries=MAX_REFERENCES, show_spinner=False)
def reference(info: CheckpointInfo, seed: int) -> tuple[Tensor, ReferenceCodes]:
    """The codes (N, D) of test images in random order, and their halves. Raises `InputError`."""
    codes = reference_codes(open_checkpoint(info).model, open_test_images(info.dataset), seed)
    return codes, ReferenceCodes.from_codes(codes)


@st.cache_data(max_entries=MAX_RESULTS, show_spinner=False)
def distances(info: CheckpointInfo, seed: int) -> np.ndarray:
    """Of N(0, I)'s codes (M,) to the nearest reference code, in units. Raises `InputError`."""
    codes = prior_codes(open_checkpoint(info).model, "normal", seed)
    return reference(info, seed)[1].distances(codes).numpy()


@st.cache_data(max_entries=MAX_RESULTS, show_spinner=False)
def figures_of(info: CheckpointInfo, prior: str, seed: int) -> dict[str, float | int]:
    """Where a prior's codes fall, in figures; a fitted one takes seconds. Raises `InputError`."""
    codes = prior_codes(open_checkpoint(info).model, prior, seed)
    return prior_figures(reference(info, seed)[1], {prior: codes})


@st.cache_data(max_entries=MAX_RESULTS, show_spinner=False)
def code_figures(info: CheckpointInfo, seed: int) -> dict[str, float | int]:
    """Latent coverage in figures, without priors. Raises `InputError`."""
    model, images = open_checkpoint(info).model, open_test_images(info.dataset)
    return coverage_figures(model, images, reference(info, seed)[0], {})


@st.cache_data(max_entries=MAX_RESULTS, show_spinner=False)
def path_between(
    info: CheckpointInfo, prior: str, seed: int
) -> tuple[bytes, tuple[int, int, int], list[float]]:
    """Linear interpolation of the same codes from N(0, I) to the nearest of a fitted prior.

    Gives a sheet of every step's images as one frame, (C, H, W) of a frame, and at each step the
    median distance to the nearest reference code, in units. Raises `InputError`.
    """
    model, (_, references) = open_checkpoint(info).model, reference(info, seed)
    start = prior_codes(model, "normal", seed, PATH_CODES)
    goal = optimal_assignment(start, prior_codes(model, prior, seed, CHOICE))
    steps = [torch.lerp(start, goal, share) for share in torch.linspace(0, 1, PATH_STEPS)]
    decoded = model.decode(torch.cat(steps)).split(PATH_CODES)
    frames = torch.stack([_frame(images) for images in decoded])
    distances = [float(references.distances(codes).median()) for codes in steps]
    return to_sheet(frames), tuple(frames.shape[1:]), distances


def _frame(images: torch.Tensor) -> torch.Tensor:
    """(C, H, W): a few images as one, in lines."""
    sheet = contact_sheet(images, columns=PER_LINE, gap=1, background=SHEET_GRAY).convert("RGB")
    return torch.from_numpy(np.array(sheet)).permute(2, 0, 1)


@st.cache_data(max_entries=MAX_RESULTS, show_spinner=False)
def dci_of(info: CheckpointInfo) -> DCI:
    """What the codes hold of the known factors; takes some seconds. Raises `InputError`."""
    return model_dci(open_checkpoint(info).model, open_test_images(info.dataset))
