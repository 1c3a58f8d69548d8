"""Files of the films on the page Interpolate, made when somebody asks for one."""

from __future__ import annotations

import mimetypes
from functools import partial

import streamlit as st

from ballgen.data.media import to_gif, to_mp4, to_planes, to_strip
from ballgen.ui.interpolate.data import SIDE, Plan, Plane, frames_of
from ballgen.ui.session.selection import Slot

# Title, ending, icon, what makes the bytes of every model's frames (N, C, H, W), and help.
OF_A_LINE = (
    ("GIF", "gif", "animation", to_gif, "All models side by side, there and back."),
    ("MP4", "mp4", "movie", to_mp4, "The same in all its colours, played once."),
    ("PNG strip", "png", "view_column", to_strip, "Twelve frames of each model."),
)
OF_A_PLANE = (
    ("PNG", "png", "grid_on", partial(to_planes, side=SIDE), "All frames of each model."),
)


def offer_downloads(slots: list[Slot], plan: Plan) -> None:
    """A button for each file."""
    files = OF_A_PLANE if isinstance(plan, Plane) else OF_A_LINE
    with st.container(horizontal=True):
        for title, ending, icon, write, help in files:
            file = f"ballgen.{ending}"
            st.download_button(
                title,
                lambda write=write: write([frames_of(slot.info, plan) for slot in slots]),
                file,
                mimetypes.guess_type(file)[0],
                key=title,
                icon=f":material/{icon}:",
                on_click="ignore",
                help=help,
            )
