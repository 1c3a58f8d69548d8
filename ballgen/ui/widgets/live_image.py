"""A picture beside the sliders of its factors: it follows a drag without asking the server."""

from __future__ import annotations

import base64
from typing import NamedTuple

import streamlit as st

from ballgen.ui.widgets import component
from ballgen.ui.widgets.images import SHEET_COLUMNS

_component = component(
    "live_image",
    '<div class="live"><div class="image"></div><div class="controls"></div></div>',
)


class Slider(NamedTuple):
    """A factor in whole numbers, all within `least` to `most`.

    key    its name in the link
    usual  where the link says nothing else
    unit   stands behind the number
    """

    key: str
    title: str
    least: int
    most: int
    usual: int
    unit: str

    def from_link(self) -> int:
        """The number that the link names, else the usual one."""
        try:
            number = int(st.query_params.get(self.key, self.usual))
        except ValueError:
            return self.usual
        return number if self.least <= number <= self.most else self.usual

    def to_link(self, number: int) -> None:
        if number == self.usual:
            st.query_params.pop(self.key, None)
        else:
            st.query_params[self.key] = str(number)


def show_live(
    sheet: bytes,
    sliders: list[Slider],
    numbers: list[int],
    frames: int,
    image_shape: tuple[int, int, int],
    alt: str,
    key: str,
    size: int,
) -> None:
    """Show a picture and its sliders, whose places the link keeps.

    sheet    from `to_sheet`: the picture itself, then `frames` for each slider, evenly from its
             least to its most with all else as in the picture
    numbers  where the sliders stand
    size     px that the picture may fill on the screen, enlarged by a whole factor
    """

    def remember() -> None:
        position = st.session_state[key].get("position") or []
        for slider, step in zip(sliders, position, strict=False):
            slider.to_link(slider.least + int(step))

    _, height, width = image_shape
    _component(
        key=key,
        data={
            "alt": alt,
            "sheet": base64.b64encode(sheet).decode(),
            "sheetColumns": min(SHEET_COLUMNS, 1 + frames * len(sliders)),
            "width": width,
            "height": height,
            "size": size,
            "sliders": [
                {
                    "title": slider.title,
                    "least": slider.least,
                    "unit": slider.unit,
                    "steps": slider.most - slider.least + 1,
                    "frames": frames,
                }
                for slider in sliders
            ],
            "position": [
                number - slider.least for slider, number in zip(sliders, numbers, strict=True)
            ],
        },
        on_position_change=remember,
    )
