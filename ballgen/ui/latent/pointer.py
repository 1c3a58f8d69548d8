"""What a pointer does on the map: hovering, clicking, circling.

A component of our own beside the plot, because Streamlit's own selection knows no hovering, no
coordinates between points, and nothing of three dimensions. It writes what happened into the state
of the widgets, so that a link, the keyboard and the pointer say the same thing.
"""

from __future__ import annotations

import base64

import streamlit as st

from ballgen.ui.widgets import component
from ballgen.ui.widgets.images import SHEET_COLUMNS

KEY = "latent-touch"
LOOK, IMAGE, AXES, REGION = "look", "image", ("x", "y", "z"), "region"  # keys of widgets
HIDDEN = "latent_hidden"  # in the session: names of classes that the legend hides
AN_IMAGE, A_POINT = "an image", "a point"

_component = component("map_touch", '<div class="thumbnail" aria-hidden="true"></div>')


def watch_map(
    map_key: str,
    sheet: bytes,
    image_shape: tuple[int, int, int],
    mark: tuple[float, ...] | None,
    region: list[list[float]],
) -> None:
    """Watch the plot inside the container `map_key`.

    sheet  all images of the map, from `to_sheet`
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
        on_hidden_change=_hidden,
    )


def _clicked() -> None:
    clicked = st.session_state[KEY].clicked or {}
    if "image" in clicked:
        st.session_state[LOOK] = AN_IMAGE
        st.session_state[IMAGE] = int(clicked["image"])
    elif "coordinates" in clicked:
        st.session_state[LOOK] = A_POINT
        for key, number in zip(AXES, clicked["coordinates"], strict=False):
            st.session_state[key] = float(number)


def _circled() -> None:
    if circled := st.session_state[KEY].circled:
        st.session_state[REGION] = str(circled)


def _hidden() -> None:
    if (hidden := st.session_state[KEY].hidden) is not None:
        st.session_state[HIDDEN] = [str(name) for name in hidden]
