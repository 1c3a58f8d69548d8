"""The parts of the page that interpolates: two ends, four corners, arithmetic, dimensions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import streamlit as st
from torch import Tensor

from ballgen.data.media import to_gif, to_mp4, to_planes, to_strip
from ballgen.errors import InputError
from ballgen.latent.interpolation import KINDS
from ballgen.ui.interpolate.data import (
    FRAMES,
    SIDE,
    STRENGTHS,
    End,
    Exchange,
    Line,
    Plan,
    Plane,
    corner_figures,
    exchange_figures,
    film_sheet,
    frames_of,
    line_figures,
)
from ballgen.ui.interpolate.ends import ask_end
from ballgen.ui.session.loading import open_test_images
from ballgen.ui.session.selection import Selection, Slot
from ballgen.ui.widgets.film_strip import Axis, Sheet, show_films

PERCENT = tuple(f"{round(100 * step / (FRAMES - 1))} %" for step in range(FRAMES))
ALONG_SIDE = tuple(f"{round(100 * step / (SIDE - 1))} %" for step in range(SIDE))
CORNERS = {"top left": 218, "top right": 827, "bottom left": 35, "bottom right": 1137}
# Test pictures at first: of all four classes, large, and in the middle.
FIRST, LAST = 218, 1137
KIND_HELP = (
    "The straight line passes nearer to the middle of the codes; the arc keeps their length, "
    "which suits codes of a standard normal prior."
)


class Download(NamedTuple):
    """A file that a film can be taken away as; `write` makes its bytes of everyone's frames."""

    name: str
    suffix: str
    mime: str
    icon: str
    write: Callable[[list[Tensor]], bytes]
    help: str


DOWNLOADS = (
    Download(
        "GIF",
        "gif",
        "image/gif",
        "animation",
        to_gif,
        "The film of everyone side by side, there and back, without an end.",
    ),
    Download(
        "MP4", "mp4", "video/mp4", "movie", to_mp4, "The same in all its colours, played once."
    ),
    Download(
        "PNG strip", "png", "image/png", "view_column", to_strip, "Twelve frames, a row for each."
    ),
)
OF_PLANE = (
    Download(
        "PNG",
        "png",
        "image/png",
        "grid_on",
        lambda films: to_planes(films, SIDE),
        "All frames of the plane, everyone's side by side.",
    ),
)


def show_two_ends(selection: Selection) -> None:
    """One way for all families, under one slider."""
    pictures, controls = st.container(), st.container()
    with controls:
        left, middle, right = st.columns(3)
        with left, st.container(border=True, height="stretch"):
            first = ask_end(selection.dataset, "a", "From", FIRST)
        with middle, st.container(border=True, height="stretch"):
            kind = ask_kind()
            downloads = st.container()
        with right, st.container(border=True, height="stretch"):
            last = ask_end(selection.dataset, "b", "To", LAST)
    if not (first and last):
        return
    line = Line(first, last, kind)
    with pictures:
        films = _films(selection, line)
        if not films:
            return
        show_films(
            list(films.values()),
            [Axis(f"The way from {first} to {last}", PERCENT)],
            selection.dataset.image_shape,
            f"{kind} path from {first} to {last}",
            key="two-ends",
            tiles=9,
            parameter="at",
            start=(FRAMES // 2,),
        )
        if any(slot.info.family == "gan" for slot in films):
            st.caption("A GAN searches for a picture's code, so its ends only resemble them.")
    with downloads:
        _offer(DOWNLOADS, list(films), line)
    figures = {slot: line_figures(slot.info, line) for slot in films}
    _show_figures(figures, "How far apart the two ends are for every selected model")


def show_four_corners(selection: Selection) -> None:
    """A plane between four ends, with a point to move over it."""
    pictures, controls = st.container(), st.container()
    with controls:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            kind = ask_kind()
            beside = st.container(width="content")
        corners: list[End | None] = []
        for column, name, title in zip(st.columns(4), "abcd", CORNERS, strict=True):
            with column, st.container(border=True, height="stretch"):
                corners.append(ask_end(selection.dataset, name, title.capitalize(), CORNERS[title]))
    ends = [end for end in corners if end]
    if len(ends) < len(CORNERS):
        return
    with pictures:
        plane = Plane(tuple(ends), kind)
        films = _films(selection, plane)
        if not films:
            return
        show_films(
            list(films.values()),
            [Axis("Across", ALONG_SIDE), Axis("Down", ALONG_SIDE)],
            selection.dataset.image_shape,
            "between four corners",
            key="four-corners",
            tiles=7,
            parameter="over",
            start=(SIDE // 2, SIDE // 2),
        )
    with beside:
        _offer(OF_PLANE, list(films), plane)
    named = dict(zip(CORNERS, ends, strict=True))
    figures = {slot: corner_figures(slot.info, named) for slot in films}
    _show_figures(figures, "How far apart the four corners are for every selected model")


def show_arithmetic(selection: Selection) -> None:
    """A picture, less one class's mean code, plus another's."""
    pictures, controls = st.container(), st.container()
    names = open_test_images(selection.dataset).class_names
    if len(names) < 2:
        st.info("These pictures have one class only, so there is nothing to exchange.")
        return
    with controls:
        left, right = st.columns(2)
        with left, st.container(border=True, height="stretch"):
            start = ask_end(selection.dataset, "a", "A picture (A)", LAST)
        with right, st.container(border=True, height="stretch"):
            own = _class_of(selection, start)
            minus = _ask_class("less the mean of (B)", names, own, "minus")
            plus = _ask_class("plus the mean of (C)", names, (own + 1) % len(names), "plus")
            downloads = st.container()
    if not start:
        return
    exchange = Exchange(start, minus, plus)
    with pictures:
        films = _films(selection, exchange)
        if not films:
            return
        show_films(
            list(films.values()),
            [Axis("Strength of the exchange", tuple(f"{s:.2f} ×" for s in STRENGTHS))],
            selection.dataset.image_shape,
            f"{start} less {names[minus]} plus {names[plus]}",
            key="arithmetic",
            tiles=9,
            parameter="strength",
            start=(STRENGTHS.index(1.0),),
        )
    with downloads:
        _offer(DOWNLOADS, list(films), exchange)
    figures = {slot: exchange_figures(slot.info, exchange) for slot in films}
    _show_figures(figures, "How far the exchange goes for every selected model")


def ask_kind() -> str:
    """Linear or spherical."""
    return st.segmented_control(
        "Path",
        KINDS,
        default=KINDS[1],
        required=True,
        key="path",
        bind="query-params",
        help=KIND_HELP,
    )


def _ask_class(title: str, names: Sequence[str], default: int, key: str) -> int:
    chosen = st.selectbox(
        title, names, index=default, key=key, bind="query-params", filter_mode=None
    )
    return list(names).index(chosen) if chosen in names else default


def _class_of(selection: Selection, end: End | None) -> int:
    """What a test picture is; the first class for anything else."""
    if not end or end.kind != "test picture":
        return 0
    return int(open_test_images(selection.dataset).labels[end.number])


def _films(selection: Selection, plan: Plan) -> dict[Slot, Sheet]:
    """A film for every selected model; those that cannot be made say why."""
    films: dict[Slot, Sheet] = {}
    with st.spinner("Finding codes and decoding the frames …", show_time=False):
        for slot in selection.slots:
            if not slot.info:
                command = selection.dataset.training_command(slot.family)
                st.caption(f"No {slot.title} for these pictures yet: `{command}`")
                continue
            try:
                sheet = film_sheet(slot.info, plan)
            except InputError as error:
                st.warning(str(error), icon=":material/broken_image:")
                continue
            films[slot] = Sheet(sheet, slot.title, slot.colour)
    return films


def _offer(downloads: Sequence[Download], slots: list[Slot], plan: Plan) -> None:
    """Everyone side by side; made when somebody asks for it."""

    def films():
        return [frames_of(slot.info, plan) for slot in slots]

    with st.container(horizontal=True):
        for offer in downloads:
            st.download_button(
                offer.name,
                lambda write=offer.write: write(films()),
                f"ballgen.{offer.suffix}",
                offer.mime,
                key=offer.suffix,
                icon=f":material/{offer.icon}:",
                on_click="ignore",
                help=offer.help,
            )


def _show_figures(figures: dict[Slot, dict[str, str]], alt: str) -> None:
    """The numbers behind the films, a column for each."""
    columns = {
        slot.title: {"Checkpoint": slot.info.name} | column for slot, column in figures.items()
    }
    names = list(next(iter(columns.values())))
    st.table(
        {"Figure": names}
        | {title: [column[name] for name in names] for title, column in columns.items()},
        border="horizontal",
        hide_index=True,
        alt=alt,
    )
