"""An own image among test images: neighbours, a map, and an interpolation to one of them."""

import streamlit as st

from ballgen.ui.interpolate.data import End, Line
from ballgen.ui.interpolate.views import LAST, ask_for_path, show_line
from ballgen.ui.latent.controls import View
from ballgen.ui.latent.data import embedded_images, fit_map
from ballgen.ui.latent.map import show_map
from ballgen.ui.latent.points import CLASS
from ballgen.ui.own_image.data import MAP, coordinates, neighbours, pixel_neighbours
from ballgen.ui.session.loading import open_checkpoint
from ballgen.ui.session.selection import Selection, Slot
from ballgen.ui.widgets.controls import ask_for_number, choose
from ballgen.ui.widgets.images import Sheet, show_images, to_sheet
from ballgen.ui.widgets.tables import show_table
from ballgen.ui.widgets.text import plain
from ballgen.util.palette import REAL_COLOUR

PIXELS = "pixels"
ESTIMATED = "A GAN's codes are its encoder's estimates here, for your image as for the others."


def show_details(selection: Selection, slots: list[Slot], end: End) -> None:
    """One of the views, the chosen one. Raises `InputError`."""
    views = {"Neighbours": _show_neighbours, "Map": _show_map, "Interpolate": _show_interpolation}
    views[choose("Details", list(views), "own_view", label_visibility="collapsed")](
        selection, slots, end
    )


def _show_neighbours(selection: Selection, slots: list[Slot], end: End) -> None:
    images = embedded_images(selection.dataset)
    found = {PIXELS: (pixel_neighbours(slots[0].info, end), REAL_COLOUR)} | {
        slot.title: (neighbours(slot.info, end), slot.colour) for slot in slots
    }
    rows = [
        Sheet(to_sheet(images.images(near.indices[0])), title, colour)
        for title, (near, colour) in found.items()
    ]
    count = len(found[PIXELS][0].indices[0])
    alt = f"The {count} test images that are nearest to your image, by pixels and by every model"
    show_images(rows, count, selection.dataset.image_shape, alt, key="own-neighbours")
    st.caption(
        f"Nearest of {len(images):,} test images first: by pixels, and by the codes of each "
        f"model. The nearest may still be far. {plain(_estimated(slots))}"
    )
    show_table(
        {"Nearest": [f"{rank + 1}" for rank in range(count)]}
        | {
            title: [
                f"{distance:.2f} ({images.class_names[images.labels[row]]})"
                for distance, row in zip(
                    near.distances[0].tolist(), near.indices[0].tolist(), strict=True
                )
            ]
            for title, (near, _) in found.items()
        },
        alt="Distances to the nearest test images, and their classes",
    )


def _show_map(selection: Selection, slots: list[Slot], end: End) -> None:
    titles = {slot.title: slot for slot in slots}
    slot = titles[choose("Model", list(titles), "own_model")]
    view = View(slot.info, MAP, CLASS, True, False, (), None, coordinates(slot.info, end))
    show_map(view, fit_map(slot.info, MAP), [], key="own-map")
    st.caption(
        "The red ring is your image. The map shows only two directions: what looks near may "
        f"be far in the others. {plain(_estimated([slot]))}"
    )


def _show_interpolation(selection: Selection, slots: list[Slot], end: End) -> None:
    images, below = st.container(), st.container(horizontal=True, vertical_alignment="bottom")
    count = selection.dataset.count
    with below:
        number = ask_for_number("To test image", 0, count - 1, LAST % count, "own_to", width=140)
        kind = ask_for_path()
        downloads = st.container(width="content")
    show_line(selection, Line(end, End("test image", number), kind), images, downloads)


def _estimated(slots: list[Slot]) -> str:
    searched = any(open_checkpoint(slot.info).model.searches_codes for slot in slots)
    return ESTIMATED if searched else ""
