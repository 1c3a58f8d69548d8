"""Brings images in through the browser, which packs folders and loose images into one .zip."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ballgen.data.decode import SUFFIXES
from ballgen.data.reading.layouts import TABLES
from ballgen.errors import InputError
from ballgen.ui.theme import hide
from ballgen.ui.widgets import component
from ballgen.ui.widgets.text import show_error

MAX_FILES = 65_535  # in a .zip without extensions, as the script says
REMEDY = "Type the path of its folder below: images on this machine are read where they lie."

_component = component(
    "upload",
    '<div class="upload" role="group" aria-label="Bring in images">'
    '<span class="words"><b>Drop a folder, a .zip or images here</b>'
    '<span class="limits"></span></span>'
    '<button class="choose-files">Choose files</button>'
    '<button class="choose-folder">Choose a folder</button>'
    '<input class="files" type="file" multiple hidden>'
    '<input class="folder" type="file" webkitdirectory hidden>'
    '<progress class="bar" max="1" aria-label="Packing" hidden></progress>'
    '<output class="said"></output><button class="cancel" hidden>Cancel</button></div>',
    "zip",
)


def ask_for_files(key: str, take: Callable[[str, bytes], None]) -> None:
    """A place to drop images on; what comes is given to `take` as a .zip's name and its bytes.

    take  is called before the page is drawn anew; the `InputError` that it raises is shown here
    """
    state = st.session_state
    received = state.setdefault(f"{key}-received", 0)
    uploader = f"{key}-uploader"

    def receive() -> None:
        file = state[f"{key}-file-{received}"]
        state[f"{key}-received"] += 1  # another uploader: this one would keep its file
        try:
            take(file.name, file.getvalue())
        except InputError as error:
            state[f"{key}-error"] = str(error)

    most = st.get_option("server.maxUploadSize")  # MB
    _component(
        key=key,
        data={
            "uploader": uploader,
            "received": received,
            "suffixes": sorted({*SUFFIXES, *TABLES, ".zip"}),
            "maxBytes": most * 2**20,
            "limits": f"Up to {most} MB and {MAX_FILES:,} files; of more, type the path below.",
            "remedy": REMEDY,
        },
    )
    hide(uploader)
    with st.container(key=uploader):
        st.file_uploader("A .zip of images", "zip", key=f"{key}-file-{received}", on_change=receive)
    if error := state.pop(f"{key}-error", None):
        show_error(error, icon=":material/image_not_supported:")
