"""The source of images, asked for alike on every page: by name, by path, or brought in through the
browser, where folders and loose images become one .zip.
"""

import io
import json
import re
import zipfile
from collections.abc import Callable, Sequence

import streamlit as st

from ballgen.data.decode import SUFFIXES
from ballgen.data.reading.layouts import TABLES
from ballgen.errors import InputError
from ballgen.runs.uploads import (
    DATA_FOLDERS_VARIABLE,
    data_folders,
    find_upload,
    source_title,
    store_zip,
    uploads,
)
from ballgen.ui.theme import hide
from ballgen.ui.widgets import component
from ballgen.ui.widgets.text import escaped, show_error

OWN = "your own images"
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
        f"names; without that, where the dashboard was started. Now: {escaped(roots)}.",
    )
    st.caption(
        "One folder per class, or a table of labels beside the images; without either they are all "
        "of one class. What you bring in stays on this machine, beside the runs."
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
