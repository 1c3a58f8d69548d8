"""Small images to choose one from, by pointer, finger or keyboard."""

from __future__ import annotations

import base64
from collections.abc import Callable

import streamlit as st

from ballgen.ui.widgets import component
from ballgen.ui.widgets.images import SHEET_COLUMNS

SIZE = 60  # px that an image may fill on the screen

_component = component(
    "image_choice", '<div class="choice" role="group" aria-label="Images to choose from"></div>'
)


def choose_image(
    sheet: bytes,
    names: list[str],
    image_shape: tuple[int, int, int],
    key: str,
    on_choice: Callable[[int], None],
) -> None:
    """Show images that call `on_choice` with their place in the sheet; the first is the chosen one.

    sheet  of all images, from `to_sheet`
    names  what is read aloud for each
    """
    _, height, width = image_shape

    def take() -> None:
        if (index := st.session_state[key].get("chosen")) is not None:
            on_choice(int(index))

    _component(
        key=key,
        data={
            "sheet": base64.b64encode(sheet).decode(),
            "names": names,
            "width": width,
            "height": height,
            "sheetColumns": min(SHEET_COLUMNS, len(names)),
            "size": SIZE,
        },
        on_chosen_change=take,
    )
