"""Films between two ends, between four corners, and of latent arithmetic; and files of them."""

import mimetypes
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ballgen.data.media import to_gif, to_mp4, to_planes, to_strip
from ballgen.errors import InputError
from ballgen.latent.interpolation import INTERPOLATIONS
from ballgen.ui.interpolate.data import (
    CORNERS,
    FRAMES,
    SIDE,
    STRENGTHS,
    Arithmetic,
    End,
    Line,
    Plan,
    Plane,
    figures_of,
    film_sheet,
    frames_of,
)
from ballgen.ui.interpolate.ends import ask_for_end
from ballgen.ui.session.loading import open_test_images
from ballgen.ui.session.selection import Selection, Slot, offer_training
from ballgen.ui.theme import room
from ballgen.ui.widgets.controls import choose, select
from ballgen.ui.widgets.film_strip import Axis, show_films
from ballgen.ui.widgets.images import Sheet
from ballgen.ui.widgets.tables import show_figures
from ballgen.ui.widgets.text import show_warning

# Test images at first: of all four classes, large, and in the middle. In the order of `CORNERS`.
DEFAULT_ENDS = FIRST, LAST, *_ = (218, 1137, 35, 515)
KIND_HELP = (
    "A straight line passes nearer to the middle of the codes; an arc keeps their length, "
    "which suits codes of the prior N(0, I)."
)
# Title, ending, icon, what makes the bytes of every model's frames (N, C, H, W), and help.
OF_A_LINE = (
    ("GIF", "gif", "animation", to_gif, "All models side by side, there and back."),
    ("MP4", "mp4", "movie", to_mp4, "The same in all its colours, played once."),
    ("PNG strip", "png", "view_column", to_strip, "Twelve frames of each model."),
)
OF_A_PLANE = (
    ("PNG", "png", "grid_on", partial(to_planes, side=SIDE), "All frames of each model."),
)


def show_two_ends(selection: Selection) -> None:
    """From one image to another."""
    images = room("films")
    left, middle, right = _boxes(3)
    with left:
        first = ask_for_end(selection.dataset, "a", "From", FIRST)
    with middle:
        kind = ask_for_path()
        downloads = st.container()
    with right:
        last = ask_for_end(selection.dataset, "b", "To", LAST)
    if first and last:
        show_line(selection, Line(first, last, kind), images, downloads)


def show_line(
    selection: Selection, line: Line, images: DeltaGenerator, downloads: DeltaGenerator
) -> None:
    """The films of a line, and files of them in `downloads`."""
    _show(
        selection,
        line,
        images,
        downloads,
        [Axis(f"From {line.first} to {line.last}", _percent(FRAMES))],
        f"{line.kind} interpolation from {line.first} to {line.last}",
        key="two-ends",
        parameter="at",
        start=(FRAMES // 2,),
    )


def show_four_corners(selection: Selection) -> None:
    """A plane between four ends, with a point to move over it."""
    images = room("films")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = ask_for_path()
        downloads = st.container(width="content")
    ends = []
    for box, name, title, default in zip(_boxes(4), "abcd", CORNERS, DEFAULT_ENDS, strict=True):
        with box:
            ends.append(ask_for_end(selection.dataset, name, title.capitalize(), default))
    if not all(ends):
        return
    _show(
        selection,
        Plane(tuple(ends), kind),
        images,
        downloads,
        [Axis("Across", _percent(SIDE)), Axis("Down", _percent(SIDE))],
        "between four corners",
        key="four-corners",
        parameter="over",
        start=(SIDE // 2, SIDE // 2),
        tiles=7,
    )


def show_arithmetic(selection: Selection) -> None:
    """An image, less one class's mean code, plus another's."""
    names = open_test_images(selection.dataset).class_names
    if len(names) < 2:
        st.info("These images have one class only, so there is nothing to exchange.")
        return
    images = room("films")
    left, right = _boxes(2)
    with left:
        start = ask_for_end(selection.dataset, "a", "An image (A)", LAST)
    with right:
        own = _class_of(selection, start)
        minus = names.index(select("less the mean of (B)", names, "minus", own))
        other = (own + 1) % len(names)
        plus = names.index(select("plus the mean of (C)", names, "plus", other))
        downloads = st.container()
    if not start:
        return
    _show(
        selection,
        Arithmetic(start, minus, plus),
        images,
        downloads,
        [Axis("Strength", tuple(f"{strength:.2f} ×" for strength in STRENGTHS))],
        f"{start} less {names[minus]} plus {names[plus]}",
        key="arithmetic",
        parameter="strength",
        start=(STRENGTHS.index(1.0),),
    )


def _boxes(count: int) -> list[DeltaGenerator]:
    """Bordered boxes side by side for controls."""
    return [column.container(border=True, height="stretch") for column in st.columns(count)]


def _percent(count: int) -> tuple[str, ...]:
    return tuple(f"{round(100 * step / (count - 1))} %" for step in range(count))


def ask_for_path() -> str:
    return choose("Path", tuple(INTERPOLATIONS), "path", tuple(INTERPOLATIONS)[1], help=KIND_HELP)


def _class_of(selection: Selection, end: End | None) -> int:
    """The class of a test image; the first class for anything else."""
    if not end or end.kind != "test image":
        return 0
    return int(open_test_images(selection.dataset).labels[end.number])


def _show(
    selection: Selection,
    plan: Line | Plane | Arithmetic,
    images: DeltaGenerator,
    downloads: DeltaGenerator,
    axes: list[Axis],
    alt: str,
    tiles: int = 9,
    **more,
) -> None:
    """The films of all models under common sliders, files of them, and figures of their codes.

    more  as `show_films` takes it
    """
    with images:
        films = _films(selection, plan)
        if not films:
            return
        shape = selection.dataset.image_shape
        show_films(list(films.values()), axes, shape, alt, tiles=tiles, **more)
        if any(slot.family == "gan" for slot in films):
            st.caption("A GAN searches for an image's code, so its frame only resembles the image.")
    with downloads:
        _offer_downloads(list(films), plan)
    show_figures(
        {
            slot.title: {"Checkpoint": slot.info.name} | figures_of(slot.info, plan)
            for slot in films
        },
        alt=f"The latent codes of every model: {alt}",
    )


def _films(selection: Selection, plan: Plan) -> dict[Slot, Sheet]:
    """A film of every model; those that cannot be made say why."""
    films: dict[Slot, Sheet] = {}
    with st.spinner("Finding codes and decoding the frames …", show_time=False):
        for slot in selection.slots:
            if not slot.info:
                offer_training(selection.dataset, slot.family, "film")
                continue
            try:
                films[slot] = Sheet(film_sheet(slot.info, plan), slot.title, slot.colour)
            except InputError as error:
                show_warning(error, icon=":material/broken_image:")
    return films


def _offer_downloads(slots: list[Slot], plan: Plan) -> None:
    """A button for each file of the films, made when somebody asks for it."""
    files = OF_A_PLANE if isinstance(plan, Plane) else OF_A_LINE
    with st.container(horizontal=True):
        for title, ending, icon, write, help in files:
            file = f"ballgen.{ending}"
            st.download_button(
                title,
                lambda write=write: write([frames_of(slot.info, plan) for slot in slots]),
                file,
                mimetypes.guess_type(file)[0],
                key=title,
                icon=f":material/{icon}:",
                on_click="ignore",
                help=help,
            )
