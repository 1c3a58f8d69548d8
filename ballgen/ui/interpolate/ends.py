"""Asks for one end of a way: a test picture, a sample, or a picture of one's own."""

from __future__ import annotations

import streamlit as st

from ballgen.errors import InputError
from ballgen.runs.catalogue import DatasetInfo
from ballgen.ui.interpolate.data import End
from ballgen.ui.widgets.controls import ask_for_seed
from ballgen.ui.widgets.images import Sheet, show_images, to_sheet

KINDS = ("test picture", "sample", "own picture")
FORMATS = ("png", "jpg", "jpeg", "webp", "gif", "bmp")


def ask_end(pictures: DatasetInfo, name: str, title: str, default: int) -> End | None:
    """An end, and the real picture it stands for; None while there is none.

    name  begins the names in the link
    """
    kind = st.selectbox(title, KINDS, key=f"{name}_kind", bind="query-params", filter_mode=None)
    end = _ask(pictures, name, kind if kind in KINDS else KINDS[0], default)
    if not end:
        return None
    try:
        picture = end.picture(pictures)
    except InputError as error:
        st.warning(str(error), icon=":material/image_not_supported:")
        return None
    if picture is None:
        st.caption("Each family draws its own sample from this seed.")
    else:
        show_images(
            [Sheet(to_sheet(picture))], 1, pictures.image_shape, str(end), key=f"{name}-picture"
        )
    return end


def _ask(pictures: DatasetInfo, name: str, kind: str, default: int) -> End | None:
    if kind == "own picture":
        file = st.file_uploader("A picture", FORMATS, key=f"{name}_file", max_upload_size=20)
        st.caption("It stays on this machine, so a link cannot carry it.")
        return End(kind, content=file.getvalue()) if file else None
    if kind == "sample":
        return End(kind, ask_for_seed(f"{name}_seed", default))
    number = st.number_input(
        "Number",
        min_value=0,
        max_value=pictures.count - 1,
        value=default % pictures.count,  # a small set has others
        key=f"{name}_number",
        bind="query-params",
        help=f"Test pictures are counted from 0 to {pictures.count - 1:,}.",
    )
    return End("test picture", number)
