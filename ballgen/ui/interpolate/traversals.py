"""A slider per dimension of the code, named by the known factor that the dimension follows."""

from __future__ import annotations

import streamlit as st

from ballgen.errors import InputError
from ballgen.latent.dimensions import Meaning
from ballgen.runs.catalogue import CheckpointInfo
from ballgen.ui.interpolate.data import (
    End,
    Walk,
    code_of,
    film_sheet,
    known_dimensions,
)
from ballgen.ui.interpolate.ends import ask_end
from ballgen.ui.session.selection import Selection
from ballgen.ui.theme import family_colour
from ballgen.ui.widgets.film_strip import Axis, Sheet, show_films

COUNTS = ("6", "12", "24", "all")
FIRST = 218  # a test picture of a large ball in the middle
ABREAST = 3


def show_dimensions(selection: Selection) -> None:
    """The dimensions of one family, those that move the picture most first."""
    pictures, controls = st.container(), st.container()
    places = {slot.title: slot.info for slot in selection.slots if slot.info}
    with controls:
        left, right = st.columns(2)
        with left, st.container(border=True, height="stretch"):
            start = ask_end(selection.dataset, "a", "Start from", FIRST)
        with right, st.container(border=True, height="stretch"):
            chosen = st.segmented_control(
                "Family",
                list(places),
                default="VAE" if "VAE" in places else next(iter(places)),
                required=True,
                key="family",
                bind="query-params",
            )
            count = st.segmented_control(
                "Dimensions",
                COUNTS,
                default=COUNTS[1],
                required=True,
                key="dimensions",
                bind="query-params",
            )
    if not start:
        return
    found = places[chosen]
    try:
        with pictures, st.spinner("Moving every dimension to see what it does …"):
            order, meanings = known_dimensions(found)
            order = order if count == "all" else order[: int(count)]
            _sliders(chosen, found, start, order, meanings)
    except InputError as error:
        pictures.warning(str(error), icon=":material/broken_image:")
        return
    _table(order, meanings)


def _sliders(
    title: str, found: CheckpointInfo, start: End, order: list[int], meanings: list[Meaning]
) -> None:
    code = code_of(found, start)
    for first in range(0, len(order), ABREAST):
        for column, dimension in zip(st.columns(ABREAST), order[first:], strict=False):
            walk = Walk(start, dimension)
            values = walk.values(found)
            name = f"z{dimension} ≈ {meanings[dimension]}"
            texts = tuple(f"{value:.2f}".replace("-", "−") for value in values.tolist())
            with column, st.container(border=True, height="stretch"):
                show_films(
                    [Sheet(film_sheet(found, walk), "", family_colour(found.family))],
                    [Axis(name, texts)],
                    found.dataset.image_shape,
                    f"dimension {dimension} of the {title}",
                    key=f"z-{found.family}-{dimension}",
                    size=160,
                    parameter=f"{title.lower().replace(' ', '')}_z{dimension}",
                    start=(int((values - code[dimension]).abs().argmin()),),
                )


def _table(order: list[int], meanings: list[Meaning]) -> None:
    st.table(
        {
            "Place": [f"{place}" for place in range(1, len(order) + 1)],
            "Dimension": [f"z{dimension}" for dimension in order],
            "Follows": [str(meanings[dimension]) for dimension in order],
        },
        border="horizontal",
        hide_index=True,
        alt="The dimensions in order of how far they move the picture",
    )
    st.caption(
        "Ordered by how far one standard deviation to either side moves the picture. "
        "r is Pearson's correlation; R the multiple correlation with an angle's sine and cosine; "
        "η the correlation ratio with the class."
    )
