"""Files of the films on the page Interpolate, made when somebody asks for one."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import streamlit as st
from torch import Tensor

from ballgen.data.media import to_gif, to_mp4, to_planes, to_strip
from ballgen.ui.interpolate.data import SIDE, Plan, frames_of
from ballgen.ui.session.selection import Slot


class Download(NamedTuple):
    """A file to download; `write` makes its bytes of every model's frames (N, C, H, W)."""

    name: str
    file: str
    icon: str
    write: Callable[[list[Tensor]], bytes]
    help: str


OF_A_LINE = (
    Download("GIF", "ballgen.gif", "animation", to_gif, "All models side by side, there and back."),
    Download("MP4", "ballgen.mp4", "movie", to_mp4, "The same in all its colours, played once."),
    Download("PNG strip", "ballgen.png", "view_column", to_strip, "Twelve frames of each model."),
)
OF_A_PLANE = (
    Download(
        "PNG", "ballgen.png", "grid_on", partial(to_planes, side=SIDE), "All frames of each model."
    ),
)


def offer_downloads(downloads: tuple[Download, ...], slots: list[Slot], plan: Plan) -> None:
    """A button for each file."""

    def content(download: Download) -> bytes:
        return download.write([frames_of(slot.info, plan) for slot in slots])

    with st.container(horizontal=True):
        for download in downloads:
            st.download_button(
                download.name,
                lambda download=download: content(download),
                download.file,
                mimetypes.guess_type(download.file)[0],
                key=download.name,
                icon=f":material/{download.icon}:",
                on_click="ignore",
                help=download.help,
            )
