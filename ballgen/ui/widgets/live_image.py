"""An image beside the sliders of its factors: it follows a drag without asking the server."""

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
    """A factor in whole numbers, all within `minimum` to `maximum`.

    key      its name in the link
    default  where the link says nothing else
    unit     follows the number
    """

    key: str
    title: str
    minimum: int
    maximum: int
    default: int
    unit: str

    def from_link(self) -> int:
        """The number that the link names, else the default."""
        try:
            number = int(st.query_params.get(self.key, self.default))
        except ValueError:
            return self.default
        return number if self.minimum <= number <= self.maximum else self.default

    def to_link(self, number: int) -> None:
        """Keep the number in the link, unless it is the default."""
        if number == self.default:
            st.query_params.pop(self.key, None)
        else:
            st.query_params[self.key] = str(number)


def show_live_image(
    sheet: bytes,
    sliders: list[Slider],
    numbers: list[int],
    frames: int,
    image_shape: tuple[int, int, int],
    alt: str,
    key: str,
    size: int,
) -> None:
    """Show an image and its sliders, whose positions the link keeps.

    sheet    from `to_sheet`: the image itself, then `frames` for each slider, evenly from its
             minimum to its maximum with all else as in the image
    numbers  of the sliders at present
    size     px that the image may fill on the screen, enlarged by a whole factor
    """

    def to_link() -> None:
        position = st.session_state[key].get("position") or []
        for slider, step in zip(sliders, position, strict=False):
            slider.to_link(slider.minimum + int(step))

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
                    "minimum": slider.minimum,
                    "unit": slider.unit,
                    "steps": slider.maximum - slider.minimum + 1,
                    "frames": frames,
                }
                for slider in sliders
            ],
            "position": [
                number - slider.minimum for slider, number in zip(sliders, numbers, strict=True)
            ],
        },
        on_position_change=to_link,
    )
