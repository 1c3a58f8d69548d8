"""A region of the map: its images, their mean, and the direction to them from all others."""

from typing import NamedTuple

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from ballgen.data.imageset import ImageSet
from ballgen.errors import InputError
from ballgen.latent.embedding import Embedding, inside_polygon
from ballgen.latent.interpolation import direction_traversal
from ballgen.ui.latent.controls import HIDDEN, REGION, View
from ballgen.ui.latent.data import decoded, embedded_images
from ballgen.ui.latent.points import CLASS
from ballgen.ui.widgets.images import Sheet, show_images, to_sheet
from ballgen.ui.widgets.text import escaped, show_warning
from ballgen.util.palette import REAL_COLOUR, family_colour, family_name

MAX_SHOWN = 24  # images: six by four
STEPS = (-0.5, 0.0, 0.5, 1.0, 1.5)


class Region(NamedTuple):
    """Corners [x, y] of a region, none where there is none; why what was typed is none."""

    corners: list[list[float]]
    fault: InputError | None = None


def ask_for_region(view: View) -> Region:
    """The selected region: what is circled on the map stands here, too."""
    if view.choice.dims != 2:
        st.caption("Regions are circled on maps in two dimensions: choose 2-D.")
        return Region([])
    text = st.text_input(
        "Corners",
        key=REGION,
        bind="query-params",
        placeholder="circle points on the map, or type corners: 0,0 2,0 1,2",
        help="At least three corners as x,y with spaces between them, in the map's own units.",
    )
    if not (text or "").strip():
        st.caption(
            "Circle some points, with a button in the map's corner or with Shift: the images "
            "inside appear here, with their mean and the direction to them from the rest."
        )
        return Region([])
    try:
        return Region(parse_corners(text).tolist())
    except InputError as error:
        return Region([], error)


def show_region(view: View, fitted: Embedding, region: Region) -> None:
    """The images of a region, their mean, and the direction from the rest."""
    try:
        if region.fault:
            raise region.fault
        if region.corners:
            _show(view, fitted, np.array(region.corners))
    except InputError as error:
        show_warning(error, icon=":material/gesture:")


def parse_corners(text: str) -> np.ndarray:
    """Corners (K, 2) from "x,y x,y x,y". Raises `InputError` if the text is not of this form."""
    try:
        corners = np.array([pair.split(",") for pair in text.split()], dtype=float)
    except ValueError:  # no numbers, or not as many in each pair
        corners = np.empty(0)
    if corners.shape != (max(3, len(corners)), 2) or not np.isfinite(corners).all():
        raise InputError(
            f"region {text!r} cannot be read: give at least three corners as x,y x,y x,y"
        )
    return corners


def shown_rows(images: ImageSet, hidden: list[int]) -> Tensor:
    """bool (N,): which images are of no class that the legend hides, by their labels."""
    return ~torch.isin(images.labels, torch.tensor(hidden, dtype=torch.long))


def _show(view: View, fitted: Embedding, corners: np.ndarray) -> None:
    info, colour = view.info, family_colour(view.info.family)
    images = embedded_images(info.dataset)
    hidden = st.session_state.get(HIDDEN, []) if view.colour == CLASS else []
    seen = shown_rows(images, hidden)
    chosen = inside_polygon(fitted.coordinates_, corners) & seen
    traversal = direction_traversal(fitted.codes_[seen], chosen[seen], STEPS)
    count, members = int(chosen.sum()), images.subset(chosen)
    counts = members.labels.bincount(minlength=len(images.class_names)).tolist()
    classes = [f"{n} {name}" for name, n in zip(images.class_names, counts, strict=True) if n]
    st.markdown(f"**{count:,} images**: {escaped(', '.join(classes))}")
    if not seen.all():
        st.caption("Classes that the legend hides do not count.")
    shown = min(count, MAX_SHOWN)
    show_images(
        [Sheet(to_sheet(members.images(slice(0, shown))))],
        shown,
        images.image_shape,
        f"{shown} of the {count} test images inside the region",
        key="region-images",
    )
    left, right = st.columns([1, 3])
    with left:
        st.markdown("**Their mean**")
        mean_image = members.images().mean(0, keepdim=True)
        mean_code = fitted.codes_[chosen].mean(0, keepdim=True)
        show_images(
            [
                Sheet(to_sheet(mean_image), "pixels", REAL_COLOUR),
                Sheet(decoded(info, mean_code), "codes", colour),
            ],
            1,
            images.image_shape,
            "The mean of the images' pixels, and below it what the "
            f"{family_name(info.family).short} decodes from the mean of their codes",
            key="mean-images",
        )
    with right:
        st.markdown("**The direction from the rest**")
        steps = ", ".join(f"{step:g}" for step in STEPS)
        show_images(
            [Sheet(decoded(info, traversal), "decoded", colour)],
            len(STEPS),
            images.image_shape,
            f"From the mean code of the rest towards that of the region, in steps of {steps}",
            key="direction-images",
        )
        st.caption(
            f"Steps {steps}: 0 is the mean code of all other images, 1 that of the region; the "
            "others extend the line."
        )
