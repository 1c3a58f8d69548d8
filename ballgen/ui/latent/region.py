"""A part of the map: who lies there, their mean, and the way to them from all others."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ballgen.errors import InputError
from ballgen.latent.embedding import Embedding
from ballgen.latent.regions import direction_traversal, inside, parse_corners
from ballgen.ui.latent.data import decoded, mapped_pictures
from ballgen.ui.latent.page import Ask
from ballgen.ui.latent.pointer import REGION
from ballgen.ui.theme import REAL_COLOUR, family_colour, family_name
from ballgen.ui.widgets.images import Sheet, show_images, to_sheet

GALLERY = 24  # pictures: six by four
STEPS = (-0.5, 0.0, 0.5, 1.0, 1.5)


def show_region(ask: Ask, fitted: Embedding) -> list[list[float]]:
    """The gallery of a region, its mean, and the direction from the rest.

    Returns the region's corners [x, y], none if there is no region.
    """
    st.header("A region of the map", anchor=False)
    if ask.choice.dims != 2:
        st.caption("Regions are circled on maps in two dimensions: choose 2-D.")
        return []
    text = st.text_input(
        "Corners",
        key=REGION,
        bind="query-params",
        placeholder="circle points on the map, or type corners: 0,0 2,0 1,2",
        help="At least three corners as x,y with spaces between them, in the map's own units.",
    )
    if not (text or "").strip():
        st.caption(
            "Draw around some points: all pictures inside appear here, with their mean and with "
            "the direction in which they differ from the rest."
        )
        return []
    corners = np.empty((0, 2))
    try:
        corners = parse_corners(text)
        _show(ask, fitted, corners)
    except InputError as error:
        st.warning(str(error), icon=":material/gesture:")
    return corners.tolist()


def _show(ask: Ask, fitted: Embedding, corners: np.ndarray) -> None:
    found = ask.found
    chosen = inside(fitted.coordinates_, corners)
    walk = direction_traversal(fitted.codes_, chosen, STEPS)
    images = mapped_pictures(found.dataset)
    count, members = int(chosen.sum()), images.subset(chosen)
    shares = members.labels.bincount(minlength=len(images.class_names))
    st.markdown(
        f"**{count:,} pictures**: "
        + ", ".join(
            f"{number} {name}"
            for name, number in zip(images.class_names, shares.tolist(), strict=True)
            if number
        )
    )
    shown = min(count, GALLERY)
    show_images(
        [Sheet(to_sheet(members.images(slice(0, shown))))],
        shown,
        images.image_shape,
        f"{shown} of the {count} test pictures inside the region",
        key="region-pictures",
    )
    colour, short = family_colour(found.family), family_name(found.family).short
    mean, way = st.columns([1, 3])
    with mean:
        st.markdown("**Their mean**")
        show_images(
            [
                Sheet(to_sheet(members.images().mean(0, keepdim=True)), "pixels", REAL_COLOUR),
                Sheet(decoded(found, fitted.codes_[chosen].mean(0, keepdim=True)), "codes", colour),
            ],
            1,
            images.image_shape,
            f"The mean of the pictures' pixels, and below it what the {short} decodes from the "
            "mean of their codes",
            key="mean-pictures",
        )
    with way:
        st.markdown("**The direction from the rest**")
        show_images(
            [Sheet(decoded(found, walk), "decoded", colour)],
            len(STEPS),
            images.image_shape,
            "From the mean code of the rest towards that of the region, in steps of "
            + ", ".join(f"{step:g}" for step in STEPS),
            key="direction-pictures",
        )
        st.caption(
            f"Steps {', '.join(f'{step:g}' for step in STEPS)}: 0 is the mean code of all other "
            "pictures, 1 that of the region; below and above, further along the same line."
        )
