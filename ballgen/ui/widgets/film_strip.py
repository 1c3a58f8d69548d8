"""Films under a slider that moves them in the browser: a drag needs no server, only one frame."""

import re
from math import prod
from typing import NamedTuple

import streamlit as st

from ballgen.ui.widgets import component
from ballgen.ui.widgets.images import SHEET_COLUMNS, Sheet

_component = component(
    "film_strip", '<div class="film"><div class="films"></div><div class="controls"></div></div>'
)


class Axis(NamedTuple):
    """A slider: its label, and a text for each of its positions."""

    label: str
    texts: tuple[str, ...]


def show_films(
    films: list[Sheet],
    axes: list[Axis],
    image_shape: tuple[int, int, int],
    alt: str,
    key: str,
    size: int = 320,
    tiles: int = 0,
    parameter: str = "",
    start: tuple[int, ...] = (),
) -> None:
    """Show films under common sliders: one axis, or two for a plane of frames (row after row).

    size       px that an image may fill on the screen, enlarged by a whole factor
    tiles      this many frames along an axis are shown small below, to point at; 0 for none
    parameter  keeps the sliders' positions in the link, under this name, until `start` changes
    start      the positions at first, where the link says nothing else; by default the first ones
    """
    if parameter and st.session_state.setdefault(f"{key}-start", start) != start:
        st.session_state[f"{key}-start"] = start
        st.query_params.pop(parameter, None)
    shape = [len(axis.texts) for axis in axes]
    _, height, width = image_shape

    def to_link() -> None:
        position = st.session_state[key].get("position")
        if parameter and position is not None:
            st.query_params[parameter] = "-".join(str(int(number)) for number in position)

    _component(
        key=key,
        data={
            "alt": alt,
            "films": [film.to_json() for film in films],
            "axes": [axis._asdict() for axis in axes],
            "shape": shape,
            "position": _from_link(parameter, shape) or list(start) or [0] * len(axes),
            "start": list(start),
            "width": width,
            "height": height,
            "sheetColumns": min(SHEET_COLUMNS, prod(shape)),
            "size": size,
            "map": [tiles, tiles if len(axes) > 1 else 1],
            "remember": bool(parameter),
        },
        on_position_change=to_link,
    )


def _from_link(parameter: str, shape: list[int]) -> list[int] | None:
    """The positions that the link names, None if it names none that exist."""
    text = st.query_params.get(parameter, "") if parameter else ""
    if not re.fullmatch(r"\d{1,4}(-\d{1,4})*", text):
        return None
    position = [int(number) for number in text.split("-")]
    fits = len(position) == len(shape) and all(
        number < count for number, count in zip(position, shape, strict=True)
    )
    return position if fits else None
