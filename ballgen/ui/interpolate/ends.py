"""Asks for one end of an interpolation: a test image, a sample, or an image of one's own."""

from base64 import b64encode

import streamlit as st
import torch

from ballgen.errors import InputError
from ballgen.runs.catalogue import DatasetInfo
from ballgen.ui.interpolate.data import End
from ballgen.ui.session.loading import open_test_images
from ballgen.ui.widgets.controls import ask_for_number, ask_for_seed, select
from ballgen.ui.widgets.images import Sheet, show_images, to_sheet
from ballgen.ui.widgets.own_image import ask_for_own_image
from ballgen.ui.widgets.text import escaped, show_warning

KINDS = ("test image", "sample", "own image")
OFFERED = 8  # test images to take in place of one


def ask_for_end(dataset: DatasetInfo, name: str, title: str, default: int) -> End | None:
    """An end, with the real image that it stands for; None while there is none.

    name  begins the names in the link
    """
    end = _ask(dataset, name, select(title, KINDS, f"{name}_kind"), default)
    if not end:
        return None
    try:
        image = end.image(dataset)
    except InputError as error:
        show_warning(error, icon=":material/image_not_supported:")
        return None
    if image is None:
        st.caption("Each model draws its own sample from this seed.")
    elif end.kind == "test image":
        _show_with_others(dataset, name, end.number)
    else:
        sheets = [Sheet(to_sheet(image))]
        show_images(sheets, 1, dataset.image_shape, str(end), key=f"{name}-image")
    return end


def _ask(dataset: DatasetInfo, name: str, kind: str, default: int) -> End | None:
    if kind == "own image":
        pixels = ask_for_own_image(name, dataset.image_shape)
        return None if pixels is None else End(kind, content=pixels.tobytes())
    if kind == "sample":
        return End(kind, ask_for_seed(f"{name}_seed", default))
    number = ask_for_number(
        "Number",
        0,
        dataset.count - 1,
        default % dataset.count,  # a small set has others
        key=f"{name}_number",
        help=f"Test images are counted from 0 to {dataset.count - 1:,}.",
    )
    return End(kind, number)


def _show_with_others(dataset: DatasetInfo, name: str, number: int) -> None:
    """A test image, and some to take in its place."""
    images = open_test_images(dataset)
    turn = st.session_state.setdefault(f"{name}-turn", 0)
    likes, same = images.labels >= 0, f"{name}-same"
    if st.session_state.get(same):
        likes = images.labels == images.labels[number]
    likes[number] = False
    drawn = torch.Generator().manual_seed(31 * turn + ord(name))
    others = likes.nonzero()[:, 0]
    rows = [number, *others[torch.randperm(len(others), generator=drawn)[:OFFERED]].tolist()]
    names = {row: f"Test image {row}, {images.class_names[images.labels[row]]}" for row in rows}
    sheets = {row: b64encode(to_sheet(images.pixels[row : row + 1])).decode() for row in rows}
    key = f"{name}-choice"
    st.session_state[key] = number  # the first is the chosen one
    st.pills(
        "Images to choose from",
        rows,
        key=key,
        required=True,
        format_func=lambda row: f"![{escaped(names[row])}](data:image/webp;base64,{sheets[row]})",
        on_change=lambda: st.session_state.update({f"{name}_number": float(st.session_state[key])}),
        label_visibility="collapsed",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Others",
            icon=":material/shuffle:",
            key=f"{name}-others",
            on_click=lambda: st.session_state.update({f"{name}-turn": turn + 1}),
        )
        if len(images.class_names) > 1:
            st.toggle("same class", key=same)
