"""Brings images in through the browser; folders and loose images become one .zip."""

import io
import json
import re
import zipfile
from collections.abc import Callable

import streamlit as st

from ballgen.data.decode import SUFFIXES
from ballgen.data.reading.layouts import TABLES
from ballgen.errors import InputError
from ballgen.ui.theme import hide
from ballgen.ui.widgets import component
from ballgen.ui.widgets.text import show_error

MAX_FILES = 65_535  # in a .zip without extensions
NO_NAME = re.compile(r"[\\\x00-\x1f\x7f-\x9f]")  # in a name a path, or nothing that can be read
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
    '<progress class="bar" aria-label="Sending" hidden></progress>'
    '<output class="said"></output><button class="cancel" hidden>Cancel</button></div>',
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
            take(*to_zip(file.name, file.getvalue()))
        except InputError as error:
            state[f"{key}-error"] = str(error)

    max_mb = st.get_option("server.maxUploadSize")
    _component(
        key=key,
        data={
            "uploader": uploader,
            "received": received,
            "suffixes": sorted({*SUFFIXES, *TABLES, ".zip"}),
            "maxBytes": max_mb * 2**20,
            "maxFiles": MAX_FILES,
            "limits": f"Up to {max_mb} MB and {MAX_FILES:,} files; of more, type the path below.",
            "remedy": REMEDY,
        },
    )
    hide(uploader)
    with st.container(key=uploader):
        kinds = ["zip", "folder"]
        st.file_uploader("Images", kinds, key=f"{key}-file-{received}", on_change=receive)
    if error := state.pop(f"{key}-error", None):
        show_error(error, icon=":material/image_not_supported:")


def to_zip(name: str, content: bytes) -> tuple[str, bytes]:
    """Name and bytes of the .zip for what upload.js sends; the same files give the same bytes.

    Raises `InputError` for what it does not send.
    """
    if not name.endswith(".folder"):
        return name, content
    buffer, at = io.BytesIO(), 4
    try:
        at += int.from_bytes(content[:4], "little")
        with zipfile.ZipFile(buffer, "w") as archive:
            for path, size in json.loads(content[4:at]):
                parts = NO_NAME.sub("_", path).split("/")
                inside = "/".join(part for part in parts if part not in ("", ".", ".."))
                archive.writestr(zipfile.ZipInfo(inside), content[at : at + size])
                at += size
        if at != len(content):
            raise ValueError("bytes are missing")
    except (ValueError, TypeError) as error:
        raise InputError(f"{name} did not arrive whole: try again") from error
    return name.removesuffix("folder") + "zip", buffer.getvalue()
