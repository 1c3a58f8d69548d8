"""Films that a slider scrubs in the browser: a drag asks nobody, so it redraws within a frame."""

from __future__ import annotations

import base64
import re
from typing import NamedTuple

import streamlit as st

from ballgen.ui.widgets import component
from ballgen.ui.widgets.images import SHEET_COLUMNS

_component = component(
    "film_strip", '<div class="film"><div class="stage"></div><div class="controls"></div></div>'
)


class Film(NamedTuple):
    """All frames of one film.

    sheet   from `pictures.to_sheet`, in reading order
    label   stands above the picture; "" for none
    colour  of the label's edge, #rrggbb
    """

    sheet: bytes
    label: str = ""
    colour: str = "transparent"


class Axis(NamedTuple):
    """A slider: what it is called, and what each of its places is called."""

    label: str
    texts: tuple[str, ...]


def show_films(
    films: list[Film],
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

    size       px that a picture may fill on the screen, enlarged by a whole factor
    tiles      this many frames along an axis are shown small below, to point at; 0 for none
    parameter  keeps the sliders' places in the link, under this name, until another start is given
    start      the places at first, where the link says nothing else; the first ones by default
    """
    if parameter and st.session_state.setdefault(f"{key}-start", start) != start:
        st.session_state[f"{key}-start"] = start
        st.query_params.pop(parameter, None)
    shape = [len(axis.texts) for axis in axes]
    position = _from_link(parameter, shape) or list(start) or [0] * len(axes)
    _, height, width = image_shape
    count = shape[0] * (shape[1] if len(shape) > 1 else 1)
    _component(
        key=key,
        data={
            "alt": alt,
            "films": [
                {
                    "label": film.label,
                    "colour": film.colour,
                    "sheet": base64.b64encode(film.sheet).decode(),
                }
                for film in films
            ],
            "axes": [{"label": axis.label, "texts": axis.texts} for axis in axes],
            "shape": shape,
            "position": position,
            "start": list(start),
            "width": width,
            "height": height,
            "sheetColumns": min(SHEET_COLUMNS, count),
            "size": size,
            "map": [tiles, tiles if len(axes) > 1 else 1],
            "remember": bool(parameter),
        },
        on_position_change=lambda: _to_link(parameter, key),
    )


def _from_link(parameter: str, shape: list[int]) -> list[int] | None:
    """The places that the link names, None if it names none that exist."""
    text = st.query_params.get(parameter, "") if parameter else ""
    if not re.fullmatch(r"\d{1,4}(-\d{1,4})*", text):
        return None
    places = [int(place) for place in text.split("-")]
    fits = len(places) == len(shape) and all(
        place < steps for place, steps in zip(places, shape, strict=True)
    )
    return places if fits else None


def _to_link(parameter: str, key: str) -> None:
    position = st.session_state[key].get("position")
    if parameter and position is not None:
        st.query_params[parameter] = "-".join(str(int(place)) for place in position)
