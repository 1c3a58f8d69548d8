"""The source of images, asked for alike on every page: by name, by path, or brought in."""

from collections.abc import Sequence

import streamlit as st

from ballgen.errors import InputError
from ballgen.runs.data_folders import DATA_FOLDERS_VARIABLE, data_folders
from ballgen.runs.uploads import find_upload, source_title, store_zip, uploads
from ballgen.ui.widgets.text import plain
from ballgen.ui.widgets.upload import ask_for_files

OWN = "your own images"


def ask_for_source(names: Sequence[str], key: str) -> str:
    """A source as `load_images` takes it, or `OWN` where `ask_for_images` is to follow.

    names  of those that come with ballgen or were downloaded
    """
    paths = [str(upload.path) for upload in uploads()]
    source = st.selectbox(
        "Images from",
        [*names, *paths, OWN],
        key=key,
        bind="query-params",
        format_func=lambda source: source_title(source) if source in paths else source,
        accept_new_options=True,
        width=220,
        help="Drawn balls, a known dataset, images of your own, or type the path of a folder or "
        "a .zip on this machine.",
    )
    upload = find_upload(source.strip())  # a link may call it by an old name
    return str(upload.path) if upload else source.strip()


def linked(source: str) -> str:
    """What a link calls a source, so that `ask_for_source` shows it by its name."""
    upload = find_upload(source)
    return upload.title if upload else source


def ask_for_images(source_key: str) -> None:
    """Where to bring in images of one's own; they are the source of `source_key` from then on."""
    state = st.session_state

    def take_zip(name: str, content: bytes) -> None:
        state[source_key] = str(store_zip(name, content))

    def take_path() -> None:
        if path := state[path_key].strip():
            state[source_key] = path

    path_key = f"{source_key}-path"
    ask_for_files(f"{source_key}-upload", take_zip)
    try:
        roots = ", ".join(str(folder) for folder in data_folders()[:-1])
    except InputError:
        roots = "those that it names"
    st.text_input(
        "… or the path of a folder or .zip on this machine, of any size",
        key=path_key,
        placeholder="~/images/balls",
        on_change=take_path,
        help=f"Images are read where they lie. It must be in a folder that {DATA_FOLDERS_VARIABLE} "
        f"names; without that, where the dashboard was started. Now: {plain(roots)}.",
    )
    st.caption(
        "One folder per class, or a table of labels beside the images; without either they are all "
        "of one class. What you bring in stays on this machine, beside the runs."
    )
