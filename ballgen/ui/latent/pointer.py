"""What a pointer does on the map: hovering, clicking, circling.

A component of our own beside the plot, because Streamlit's own selection knows no hovering, no
place between points, and nothing of three dimensions. It writes what happened into the state of
the widgets, so that a link, the keyboard and the pointer say the same thing.
"""

from __future__ import annotations

import base64

import streamlit as st

from ballgen.ui.widgets import component
from ballgen.ui.widgets.images import SHEET_COLUMNS

KEY = "latent-touch"
LOOK, PICTURE, PLACE, REGION = "look", "picture", ("x", "y", "z"), "region"  # keys of widgets
A_PICTURE, A_PLACE = "a picture", "a place"

_component = component("map_touch", '<div class="thumbnail" aria-hidden="true"></div>')


def watch_map(
    map_key: str,
    sheet: bytes,
    image_shape: tuple[int, int, int],
    mark: tuple[float, ...] | None,
    region: list[list[float]],
) -> None:
    """Watch the plot inside the container `map_key`.

    sheet  all pictures of the map, from `to_sheet`
    mark   (x, y) of what is looked at; None on a map in three dimensions, which has no marks
    region corners [x, y] of the region that is looked at; [] for none
    """
    _, height, width = image_shape
    _component(
        key=KEY,
        data={
            "map": map_key,
            "sheet": base64.b64encode(sheet).decode(),
            "width": width,
            "height": height,
            "sheetColumns": SHEET_COLUMNS,
            "mark": mark,
            "region": region,
        },
        on_clicked_change=_clicked,
        on_circled_change=_circled,
    )


def _clicked() -> None:
    clicked = st.session_state[KEY].clicked or {}
    if "picture" in clicked:
        st.session_state[LOOK] = A_PICTURE
        st.session_state[PICTURE] = int(clicked["picture"])
    elif "place" in clicked:
        st.session_state[LOOK] = A_PLACE
        for key, number in zip(PLACE, clicked["place"], strict=False):
            st.session_state[key] = float(number)


def _circled() -> None:
    if circled := st.session_state[KEY].circled:
        st.session_state[REGION] = str(circled)
