"""What is selected: an image with its code, or coordinates with what is decoded there."""

from contextlib import suppress

import streamlit as st
import torch
from streamlit.delta_generator import DeltaGenerator
from torch import Tensor

from ballgen.data.imageset import ImageSet
from ballgen.errors import InputError
from ballgen.latent.coverage import ReferenceCodes
from ballgen.latent.embedding import Embedding
from ballgen.runs.catalogue import DatasetInfo
from ballgen.ui.latent.controls import View
from ballgen.ui.latent.data import (
    decoded,
    embedded_images,
    reconstruction,
    reference_codes,
    test_row,
)
from ballgen.ui.latent.points import colours_of
from ballgen.ui.session.loading import open_checkpoint
from ballgen.ui.widgets.images import Sheet, show_images, to_sheet
from ballgen.ui.widgets.tables import lazy_expander
from ballgen.ui.widgets.text import escaped
from ballgen.util.neighbours import nearest_neighbours
from ballgen.util.palette import REAL_COLOUR, family_colour, family_name

NEIGHBOURS = 6
DIGITS = 3
ENDS = ("a", "b")  # of an interpolation, as the page Interpolate names them
CHOSEN_ENDS = "latent-ends"  # in the session: those that were chosen here
SAME_CODE = 0.1  # units of distance: this near to an image's code, any length is fine


def show_selected(view: View, fitted: Embedding) -> None:
    """The image or the point, what is near it, and its code."""
    columns = st.columns([2, 2, 3], gap="medium")
    if view.image is None:
        _show_coordinates(view, fitted, columns)
    else:
        _show_image(view, fitted, view.image, columns)


def _show_image(view: View, fitted: Embedding, row: int, columns: list[DeltaGenerator]) -> None:
    info, short = view.info, family_name(view.info.family).short
    images, codes = embedded_images(info.dataset), fitted.codes_
    left, middle, right = columns
    with left:
        st.header(f"Image {row}", anchor=False)
        st.caption(escaped(_described(images, row)))
        show_images(
            [
                Sheet(to_sheet(images.images(slice(row, row + 1))), "original", REAL_COLOUR),
                Sheet(reconstruction(info, row), "decoded", family_colour(info.family)),
            ],
            1,
            images.image_shape,
            f"Test image {row}, and below it the {short}'s reconstruction",
            key="selected-images",
        )
        _offer_interpolation(info.dataset, row)
    with middle:
        nearest = nearest_neighbours(codes[row : row + 1], codes, min(NEIGHBOURS + 1, len(images)))
        others = nearest.indices[0] != row
        _show_neighbours(
            images,
            nearest.indices[0][others][:NEIGHBOURS],
            "Nearest in all latent dimensions",
            nearest.distances[0][others][:NEIGHBOURS],
        )
        if open_checkpoint(info).model.needs_inversion:
            st.caption(
                f"A {short} has no exact code for an image. Map, nearest images and bars show its "
                "encoder's estimates; the reconstruction is of a code that was searched for."
            )
    with right:
        _show_code(codes[row], info.family)


def _offer_interpolation(dataset: DatasetInfo, row: int) -> None:
    """Buttons that make a mapped image an end of an interpolation."""
    with st.container(horizontal=True, gap="small"):
        for name in ENDS:
            label = escaped(f"Use as {name.upper()}")
            if st.button(label, key=f"use-{name}", help="An end of an interpolation."):
                ends = st.session_state.setdefault(CHOSEN_ENDS, {})
                ends[f"{name}_number"] = str(test_row(dataset, row))
                st.switch_page("pages/interpolate.py", query_params=ends)


def _show_coordinates(view: View, fitted: Embedding, columns: list[DeltaGenerator]) -> None:
    info, point = view.info, torch.tensor([view.coordinates])
    images, short = embedded_images(info.dataset), family_name(info.family).short
    code = fitted.inverse_transform(point)
    left, middle, right = columns
    with left:
        st.header("A point on the map", anchor=False)
        st.caption("at " + ", ".join(f"{number:.4g}" for number in view.coordinates))
        show_images(
            [Sheet(decoded(info, code), "decoded", family_colour(info.family))],
            1,
            images.image_shape,
            f"What the decoder of the {short} makes of this point",
            key="decoded-images",
        )
        if view.choice.method == "PCA":
            st.caption("Directions that the map does not show are a mean of the nearest images'.")
        else:
            st.caption(
                f"{view.choice.method} has no inverse transform: the code is a weighted mean of "
                "the nearest images' codes."
            )
    with middle:
        with suppress(InputError):  # too few codes, or too alike, to measure distances
            if words := out_of_support_text(reference_codes(info), code):
                st.warning(words, icon=":material/explore:")
        rows = fitted.nearest(point, min(NEIGHBOURS, len(images)))[1][0]
        _show_neighbours(images, rows, "Nearest on the map")
    with right:
        _show_code(code[0], info.family)


def out_of_support_text(reference: ReferenceCodes, code: Tensor) -> str:
    """A warning for a code (1, D) that is out of support in all dimensions; "" for others."""
    distance, length = float(reference.distances(code)), float(reference.lengths(code))
    (shortest, longest), title = reference.length_limits, "No data lies near this point"
    if distance > reference.support_limit:
        return (
            f"**{title}.** In all {code.shape[1]} latent dimensions the nearest image's code is "
            f"at {distance:.1f} times the median distance; 99% of images have one within "
            f"{reference.support_limit:.1f}. The decoder was hardly trained on such codes."
        )
    if shortest <= length <= longest or distance < SAME_CODE:
        return ""
    where = "near" if length < shortest else "far from"
    return (
        f"**{title}.** It is too {where} the centre of all codes: at {length:.1f}, where 99% of "
        f"images have {shortest:.1f} to {longest:.1f}. The decoder was hardly trained on such "
        "codes."
    )


def _described(images: ImageSet, row: int) -> str:
    """ "soccerball, x 14.2 px, angle 203 deg"."""
    parts = [images.class_names[images.labels[row]]]
    for name in colours_of(images)[1:]:
        word, _, unit = name.rpartition(" ")
        value = float(images.factors[row, images.factor_names.index(name)])
        parts.append(f"{word} {value:.4g} {unit}" if word else f"{name} {value:.4g}")
    return ", ".join(parts)


def _show_neighbours(
    images: ImageSet, rows: Tensor, title: str, distances: Tensor | None = None
) -> None:
    st.markdown(f"**{title}**")
    show_images(
        [Sheet(to_sheet(images.images(rows)))],
        len(rows),
        images.image_shape,
        f"{title}: test images {', '.join(map(str, rows.tolist()))}",
        key="neighbour-images",
    )
    if distances is not None:
        st.caption(escaped("Distances: " + ", ".join(f"{one:.3g}" for one in distances.tolist())))


def _show_code(code: Tensor, family: str) -> None:
    st.markdown("**Its latent code (z)**")
    numbers = [round(float(number), DIGITS) for number in code]
    table = {"dimension": list(range(len(numbers))), "value": numbers}
    st.bar_chart(
        table,
        x="dimension",
        y="value",
        color=family_colour(family),
        height=150,
        alt=f"A bar for each of {len(numbers)} latent dimensions, from {min(numbers)} to "
        f"{max(numbers)}",
    )
    if inside := lazy_expander("The code as a table", "code_table"):
        inside.dataframe(table, hide_index=True, alt="The latent code by dimension")
