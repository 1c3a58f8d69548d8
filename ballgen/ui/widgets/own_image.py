"""Asks for one image of one's own, and for the square of it that is looked at."""

import numpy as np
import streamlit as st

from ballgen.data.decode import Crop
from ballgen.data.reading.child import decode_in_child
from ballgen.errors import InputError
from ballgen.ui.theme import hide
from ballgen.ui.widgets import component
from ballgen.ui.widgets.text import show_warning

MAX_MB, MAX_IMAGES = 50, 100
MAX_ZOOM = 8.0
TYPES = ("image", "heic", "heif", "jp2")  # the last are no images to some browsers
FILE, CAMERA = "file", "camera"

_paste = component("paste", '<span class="paste"></span>')


def ask_for_own_image(
    key: str, image_shape: tuple[int, int, int], alone: bool = False
) -> np.ndarray | None:
    """Its pixels uint8 (C, H, W) as the models take them; None while there is none, or says why.

    alone  the page asks for no other, so that it may be pasted, or come from the camera
    """
    channels, height, _ = image_shape
    if alone:
        _paste(key=f"{key}-paste", data={"uploader": f"{key}_file"})
        hide(f"{key}-paste")
    with st.container(horizontal=True, vertical_alignment="center"):
        kept = f"{key}-kept"  # in the session, for an uploader forgets on another page
        if content := _ask_for_file(key, alone):
            st.session_state[kept] = content
        elif content := st.session_state.get(kept):
            st.caption("The one from before is shown.", width="content")
            st.button("Forget it", key=f"{key}-forget", on_click=_forget, args=(key,))
        else:
            return None
        crop = _ask_for_crop(key)
    try:
        return _pixels(content, height, channels, crop)
    except InputError as error:
        show_warning(error, icon=":material/image_not_supported:")
        return None


def _ask_for_file(key: str, alone: bool) -> bytes | None:
    way = FILE
    if alone:  # never by a link: a camera that nobody chose would ask for leave
        way = st.segmented_control(
            "Image from",
            (FILE, CAMERA),
            default=FILE,
            required=True,
            key=f"{key}_from",
            label_visibility="collapsed",
            width="content",
        )
    if way == CAMERA:
        file = st.camera_input("A photo", key=f"{key}_camera", on_change=_forget, args=(key,))
    else:
        file = st.file_uploader(
            "Drop or paste an image" if alone else "An image",
            TYPES,
            key=f"{key}_file",
            max_upload_size=MAX_MB,
            on_change=_forget,
            args=(key,),
            label_visibility="collapsed",
        )
    return file.getvalue() if file else None


def _ask_for_crop(key: str) -> Crop:
    """Which square; every image begins with the largest in its middle."""
    with st.popover("Crop", icon=":material/crop:"):
        zoom = st.slider("Zoom", 1.0, MAX_ZOOM, 1.0, 0.1, key=f"{key}_zoom", format="%.1f ×")
        across, down = (
            st.slider(name, 0, 100, 50, key=f"{key}_{name.lower()}", format="%d %%")
            for name in ("Across", "Down")
        )
    return Crop(across / 100, down / 100, zoom)


def _forget(key: str) -> None:
    """What was there before, and its crop: another image comes, or none."""
    for name in ("-kept", "_zoom", "_across", "_down"):
        st.session_state.pop(f"{key}{name}", None)


@st.cache_data(max_entries=MAX_IMAGES, show_spinner=False)
def _pixels(content: bytes, size: int, channels: int, crop: Crop) -> np.ndarray:
    return decode_in_child(content, size, channels, crop=crop)
