"""Which pictures the data page looks at: a source by name, by path, or dropped on the page."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import streamlit as st

from ballgen.data.imageset import ImageSet
from ballgen.data.sources import DEFAULT_IMAGE_SIZE, SPLITS, default_data_root, load_images
from ballgen.data.torchvision_sets import DATASETS
from ballgen.runs.uploads import load_upload, store_zip
from ballgen.util.paths import expand

MOST = 2_000  # pictures of a source that are looked at, every class in its share
BALL_SIZES = (32, 64)
FOLDER_OR_ZIP, DROPPED = "folder or .zip", "dropped .zip"
KEPT = 6
MOST_FILES = 10_000  # that are looked at for changes, at every visit of the page


@dataclass(frozen=True)
class Source:
    """What to load.

    name      as `load_images` takes it, or a dropped file's name
    content   of a dropped file
    """

    name: str
    split: str
    size: int | None = None
    content: bytes = b""


def ask_for_source() -> Source | None:
    """What to look at; None while nothing is chosen."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        kind = st.selectbox(
            "Source",
            ["sportballs", *_on_disk(), FOLDER_OR_ZIP, DROPPED],
            key="source",
            bind="query-params",
            filter_mode=None,
            width=220,
        )
        split = st.segmented_control(
            "Split",
            SPLITS if kind in (FOLDER_OR_ZIP, DROPPED) else ("train", "test"),
            default="test",
            required=True,
            key="split",
            bind="query-params",
            help="A folder without pictures to validate on shows those to test on in their place."
            if kind in (FOLDER_OR_ZIP, DROPPED)
            else None,
        )
        size = None
        if kind not in DATASETS:
            size = st.segmented_control(
                "Size, px",
                BALL_SIZES,
                default=DEFAULT_IMAGE_SIZE,
                required=True,
                key="size",
                bind="query-params",
            )
    if kind == FOLDER_OR_ZIP:
        path = st.text_input(
            "Path on this machine",
            key="folder",
            bind="query-params",
            placeholder="~/pictures/balls",
            help="Class folders, train and test folders, or a labels.csv beside the pictures.",
        )
        return Source(path.strip(), split, size) if path.strip() else None
    if kind == DROPPED:
        file = st.file_uploader("A .zip of pictures", "zip", key="zip")
        st.caption("It stays on this machine, so a link cannot carry it.")
        return Source(file.name, split, size, file.getvalue()) if file else None
    return Source(kind or "sportballs", split, size)


def offer_training(source: Source) -> None:
    """A way to the page Train with these pictures; what was dropped is kept for it first."""
    page, title, icon = "pages/train.py", "Train on these pictures", ":material/model_training:"
    if not source.content:
        st.page_link(page, label=title, icon=icon, query_params={"new_source": source.name})
    elif st.button(title, icon=icon, key="train-on-these", help="Keeps them beside the runs."):
        path = store_zip(source.name, source.content)
        st.switch_page(page, query_params={"new_source": str(path)})


def _on_disk() -> list[str]:
    """The named datasets that can be opened without a download."""
    root = default_data_root()
    places = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST", "cifar10": "cifar-10-batches-py"}
    return [name for name, place in places.items() if (root / place).is_dir()]


def open_source(source: Source) -> ImageSet:
    """At most `MOST` pictures of a source as it is now.

    Shared by all sessions and never changed. Raises `InputError`.
    """
    return _open(source, 0 if source.content else _stamps(source.name))


def _stamps(name: str) -> int:
    """Changes when a file below a path, or its .zip, is changed, added or taken away."""
    path = expand(name)
    places = [path]
    with suppress(ValueError):  # no name for a file at all: loading tells
        below = ((Path(folder), files) for folder, _, files in os.walk(path))
        every = (
            place for folder, files in below for place in (folder, *map(folder.joinpath, files))
        )
        places += islice(every, MOST_FILES)
    stamps = []
    for place in places:
        with suppress(OSError, ValueError):  # nothing there: loading tells
            stat = place.stat()
            stamps.append((str(place), stat.st_mtime_ns, stat.st_size))
    return hash(tuple(stamps))


@st.cache_resource(max_entries=KEPT, show_spinner="Loading the pictures …")
def _open(source: Source, stamps: int) -> ImageSet:
    """The stamps say which state of the source was read.

    Quiet, since a warning in one session's thread may reach another's: the page shows remarks.
    """
    settings = {"image_size": source.size, "limit": MOST}
    if not source.content:
        return load_images(source.name, source.split, download=False, quiet=True, **settings)
    return load_upload(source.name, source.content, source.split, **settings)
