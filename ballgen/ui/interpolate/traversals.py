"""A slider per latent dimension, named by the known factor that the dimension follows."""

import streamlit as st

from ballgen.errors import InputError
from ballgen.latent.factors import FactorCorrelation
from ballgen.ui.interpolate.data import (
    End,
    Traversal,
    code_of,
    film_sheet,
    ranked_dimensions,
)
from ballgen.ui.interpolate.ends import ask_for_end
from ballgen.ui.interpolate.views import FIRST
from ballgen.ui.session.selection import Selection, Slot
from ballgen.ui.widgets.controls import choose
from ballgen.ui.widgets.film_strip import Axis, show_films
from ballgen.ui.widgets.images import Sheet
from ballgen.ui.widgets.tables import show_table
from ballgen.ui.widgets.text import show_warning

COUNTS = ("6", "12", "24", "all")
PER_LINE = 3
MAX_DIMENSIONS = 128  # a film each, of 33 frames


def show_traversals(selection: Selection) -> None:
    """The dimensions of one model, those that change the image most first."""
    images, controls = st.container(), st.container()
    slots = {slot.title: slot for slot in selection.slots if slot.info}
    with controls:
        left, right = st.columns(2)
        with left, st.container(border=True, height="stretch"):
            start = ask_for_end(selection.dataset, "a", "Start from", FIRST)
        with right, st.container(border=True, height="stretch"):
            titles = list(slots)
            title = choose("Model", titles, "model", "VAE" if "VAE" in slots else titles[0])
            count = choose("Dimensions", COUNTS, "dimensions", COUNTS[1])
    if not start:
        return
    try:
        with images, st.spinner("Moving every dimension to see what it does …"):
            order, meanings = ranked_dimensions(slots[title].info)
            order = order[: MAX_DIMENSIONS if count == "all" else int(count)]
            _show_sliders(slots[title], start, order, meanings)
    except InputError as error:
        with images:
            show_warning(error, icon=":material/broken_image:")
        return
    _show_table(order, meanings)


def _show_sliders(
    slot: Slot, start: End, order: list[int], meanings: list[FactorCorrelation]
) -> None:
    code = code_of(slot.info, start)
    for first in range(0, len(order), PER_LINE):
        for column, dimension in zip(st.columns(PER_LINE), order[first:], strict=False):
            traversal = Traversal(start, dimension)
            values = traversal.values(slot.info)
            texts = tuple(f"{value:.2f}".replace("-", "−") for value in values.tolist())
            with column, st.container(border=True, height="stretch"):
                show_films(
                    [Sheet(film_sheet(slot.info, traversal), colour=slot.colour)],
                    [Axis(f"z{dimension} ≈ {meanings[dimension]}", texts)],
                    slot.info.dataset.image_shape,
                    f"dimension {dimension} of the {slot.title}",
                    key=f"z-{slot.key}-{dimension}",
                    size=160,
                    parameter=f"{slot.key}_z{dimension}",
                    start=(int((values - code[dimension]).abs().argmin()),),
                )


def _show_table(order: list[int], meanings: list[FactorCorrelation]) -> None:
    show_table(
        {
            "Rank": [f"{rank}" for rank in range(1, len(order) + 1)],
            "Dimension": [f"z{dimension}" for dimension in order],
            "Follows": [str(meanings[dimension]) for dimension in order],
        },
        alt="The dimensions in order of how much they change the image",
    )
    st.caption(
        "Ordered by how much one standard deviation to either side changes the image. "
        "r is Pearson's correlation; R the multiple correlation with an angle's sine and cosine; "
        "η the correlation ratio with the class."
    )
