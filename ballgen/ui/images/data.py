"""What the page Images computes: sources, and balls drawn from their factors."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import NamedTuple

import streamlit as st
import torch

from ballgen.data.imageset import ImageSet
from ballgen.data.reading.child import read_in_child
from ballgen.data.sources import NAMES, load_images
from ballgen.data.sportballs.factors import CLASS_NAMES, BallSettings, factor_names
from ballgen.data.sportballs.render import draw_balls
from ballgen.errors import InputError
from ballgen.runs.uploads import check_source, data_folders, source_title
from ballgen.ui.widgets.images import to_sheet
from ballgen.util.paths import expand

MAX_IMAGES = 2_000  # of a source that are looked at, every class in its share
MAX_SOURCES, MAX_BALLS = 6, 50
MAX_FILES = 10_000  # that are looked at for changes, at every visit of the page
BINS = 12
SPINS = tuple(range(0, 360, 10))  # degrees
SPINNING_SIZE = 64  # px
SPINNING_DIAMETER, SPINNING_TILT, SPINNING_ANGLE = 60, 18, -20  # px, degrees, degrees
FRAMES = {32: 48, 64: 48, 128: 24}  # along each factor: what is drawn in a fraction of a second
DELAY = 0.8  # s: what is read sooner needs no bar
CANCELLED = "cancelled-reading"  # in the session: the name of what was cancelled


class Slider(NamedTuple):
    """A factor of a drawn ball in whole numbers; `key` is its name in the link."""

    key: str
    title: str
    minimum: int
    maximum: int
    default: int
    format: str


SLIDERS = (
    Slider("centre_x", "Centre x", 0, 100, 50, "%d %%"),
    Slider("centre_y", "Centre y", 0, 100, 50, "%d %%"),
    Slider("diameter", "Diameter", 0, 100, 62, "%d %%"),
    Slider("angle", "Angle", 0, 359, 20, "%d°"),
    Slider("tilt", "Tilt", -90, 90, 15, "%d°"),
    Slider("spin", "Spin", 0, 359, 40, "%d°"),
)
LENGTHS, IN_PLANE = 3, 4  # of them are lengths, and turn no ball out of the image's plane


@dataclass(frozen=True)
class Source:
    """What to load.

    name  as `load_images` takes it
    size  px; None for the source's own
    """

    name: str
    split: str
    size: int | None = None


def open_source(source: Source, bar: bool = True) -> ImageSet:
    """At most `MAX_IMAGES` images of a source as it is now, read with a bar that can be cancelled.

    A page has one such `bar`. Shared by all sessions and never changed. Raises `InputError`.
    """
    if source.name in NAMES:
        return _open(source)
    check_source(source.name)
    kept = _kept(source, _state_of(source.name))
    if not kept:
        title = source_title(source.name)
        with reading_bar(title) if bar else nullcontext(lambda *_: None) as on_progress:
            # In a process of its own: what strangers made may fill its memory, and no other.
            read = partial(read_in_child, on_progress=on_progress, roots=data_folders())
            kept.append(_load(source, read=read))
    return kept[0]


def _load(source: Source, **more) -> ImageSet:
    """Quiet, since a warning in one session's thread may reach another's: the page has remarks."""
    size, limit = source.size, MAX_IMAGES
    return load_images(source.name, source.split, image_size=size, limit=limit, quiet=True, **more)


@st.cache_resource(max_entries=MAX_SOURCES, show_spinner="Loading the images …")
def _open(source: Source) -> ImageSet:
    return _load(source, download=False)


@st.cache_resource(max_entries=MAX_SOURCES, show_spinner=False)
def _kept(source: Source, state: object) -> list[ImageSet]:
    """Takes what was read of a source in this state: a cached function itself can show no bar."""
    return []


@st.cache_data(max_entries=MAX_SOURCES, show_spinner=False)
def count_copies(digest: str, others_digest: str, _images: ImageSet, _others: ImageSet) -> int:
    """How many of some images are among others, pixel for pixel."""
    return _images.copies_of(_others)


def _state_of(name: str) -> int:
    """Changes when a file below a path, or its .zip, is changed, added or deleted."""
    path = expand(name)
    paths, states = [path], []
    with suppress(OSError, ValueError):  # no name for a file at all: loading says so
        paths += islice(path.rglob("*"), MAX_FILES)
    for path in paths:
        with suppress(OSError, ValueError):  # nothing there: loading says so
            stat = path.stat()
            states.append((str(path), stat.st_mtime_ns, stat.st_size))
    return hash(tuple(states))


def matching(
    images: ImageSet, classes: list[str], ranges: dict[int, tuple[float, float]]
) -> torch.Tensor:
    """Indices int64 of the images of `classes` (all if empty) whose factors lie in `ranges`.

    ranges  {column: (minimum, maximum)}, both included
    """
    keep = torch.ones(len(images), dtype=torch.bool)
    if classes:
        labels = torch.tensor([images.class_names.index(name) for name in classes])
        keep &= torch.isin(images.labels, labels)
    for column, (minimum, maximum) in ranges.items():
        values = images.factors[:, column]
        keep &= (values >= minimum) & (values <= maximum)
    return keep.nonzero()[:, 0]


def histogram(values: torch.Tensor) -> tuple[list[str], list[int]]:
    """Names of the bins and how many values lie in each; few different values get one bin each."""
    distinct, counts = values.unique(return_counts=True)
    if len(distinct) <= BINS:
        return [f"{value:g}" for value in distinct.tolist()], counts.tolist()
    counts, edges = torch.histogram(values, BINS)
    middles = ((edges[1:] + edges[:-1]) / 2).tolist()
    return [f"{middle:.4g}" for middle in middles], counts.long().tolist()


@st.cache_resource(show_spinner="Drawing twelve balls from all sides …")
def spinning_sheets() -> list[bytes]:
    """A film per class: a whole turn about the vertical axis, at `SPINS`."""
    settings = BallSettings(SPINNING_SIZE, CLASS_NAMES, rotation="full")
    middle = SPINNING_SIZE / 2
    rows = [
        [index, middle, middle, SPINNING_DIAMETER, SPINNING_ANGLE, SPINNING_TILT, spin]
        for index in range(len(CLASS_NAMES))
        for spin in SPINS
    ]
    images = draw_balls(torch.tensor(rows, dtype=torch.float32), settings)
    return [to_sheet(film) for film in images.split(len(SPINS))]


def factors_of(
    settings: BallSettings, name: str, numbers: dict[str, float], backdrop: int
) -> dict[str, float]:
    """Of a ball, by their names, in px and degrees; the class as its index.

    numbers  by the sliders' keys, lengths in percent of the image's side
    """
    lengths = (settings.image_size * numbers[slider.key] / 100 for slider in SLIDERS[:LENGTHS])
    angles = (numbers[one.key] for one in SLIDERS[LENGTHS:] if one.key in numbers)
    row = [CLASS_NAMES.index(name), *lengths, *angles]
    row += [backdrop] if settings.background != "white" else []
    return dict(zip(factor_names(settings), row, strict=True))


@st.cache_data(max_entries=MAX_BALLS, show_spinner=False)
def ball_sheet(
    settings: BallSettings, name: str, numbers: dict[str, float], backdrop: int
) -> bytes:
    """The ball, then `FRAMES` along each of its sliders in turn, drawn in one batch."""
    balls = [numbers]
    for slider in SLIDERS:
        if slider.key in numbers:
            steps = torch.linspace(slider.minimum, slider.maximum, FRAMES[settings.image_size])
            balls += [numbers | {slider.key: number} for number in steps.tolist()]
    rows = [list(factors_of(settings, name, ball, backdrop).values()) for ball in balls]
    return to_sheet(draw_balls(torch.tensor(rows, dtype=torch.float32), settings))


@contextmanager
def reading_bar(name: str) -> Iterator[Callable[[int, int], None]]:
    """Gives the function that moves the bar: called with the images read and their number.

    A click on the button ends the script, and with it what is done inside. Raises `InputError`
    where that was clicked for `name` just before.
    """
    if st.session_state.get(CANCELLED) == name:
        st.button("Read it again", on_click=st.session_state.pop, args=(CANCELLED, None))
        raise InputError(f"reading {name} was cancelled")
    place, start = st.empty(), time.monotonic()
    bar = None

    def on_progress(done: int, count: int) -> None:
        nonlocal bar
        if bar is None and time.monotonic() - start > DELAY:
            with place.container(horizontal=True, vertical_alignment="center"):
                bar = st.progress(0.0)
                st.button(
                    "Cancel",
                    key="cancel-reading",
                    on_click=st.session_state.update,
                    args=({CANCELLED: name},),
                )
        if bar is not None:
            said = f"{done:,} of {count:,} images read" if count else "Listing the files …"
            bar.progress(min(1.0, done / count) if count else 0.0, said)

    yield on_progress
    place.empty()
