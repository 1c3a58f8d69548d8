"""A bar for images that are being read, and the button that ends it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from ballgen.errors import InputError

DELAY = 0.8  # s: what is read sooner needs no bar
CANCELLED = "cancelled-reading"  # in the session: the name of what was cancelled


@contextmanager
def reading_bar(name: str) -> Iterator[Callable[[int, int], None]]:
    """Gives the function that moves the bar: called with the images read and their number.

    A click on the button ends the script, and with it what is done inside. Raises `InputError`
    where that was clicked for `name` just before.
    """
    if st.session_state.get(CANCELLED) == name:
        st.button("Read it again", on_click=st.session_state.pop, args=(CANCELLED, None))
        raise InputError(f"reading {name} was cancelled")
    place, start = st.empty(), time.monotonic()
    bar = None

    def on_progress(done: int, count: int) -> None:
        nonlocal bar
        if bar is None and time.monotonic() - start > DELAY:
            with place.container(horizontal=True, vertical_alignment="center"):
                bar = st.progress(0.0)
                st.button(
                    "Cancel",
                    key="cancel-reading",
                    on_click=st.session_state.update,
                    args=({CANCELLED: name},),
                )
        if bar is not None:
            said = f"{done:,} of {count:,} images read" if count else "Listing the files …"
            bar.progress(min(1.0, done / count) if count else 0.0, said)

    yield on_progress
    place.empty()
