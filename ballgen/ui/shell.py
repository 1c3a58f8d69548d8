"""The shell around every page: navigation, and the guard that every page starts with."""

from __future__ import annotations

import os
from contextvars import ContextVar
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from ballgen.ui.theme import fix_button_contrast
from ballgen.util.paths import PROJECT, any_runs

TITLE = "ballgen"
FOLDER = PROJECT / "pages"
ICON = Path(__file__).parent / "assets" / "icon.png"  # drawn by `python -m benchmarks.icon`


class Entry(NamedTuple):
    """A page in the navigation.

    name  of its file in pages/, and its address
    icon  a name among Material Symbols, whose font comes with Streamlit
    help  what the page is for
    """

    name: str
    title: str
    icon: str
    help: str


# In the order of the navigation; the first is the one that opens.
ENTRIES = (
    Entry("compare", "Compare", "compare", "Samples of an AE, a VAE and a GAN beside real images."),
    Entry("latent", "Latent space", "scatter_plot", "A map of latent codes; decode any point."),
    Entry("interpolate", "Interpolate", "gesture", "What lies between images, step by step."),
    Entry("own_image", "Own image", "add_photo_alternate", "An image of yours, by every model."),
    Entry("why", "Why", "help_center", "Why random samples fail, and what helps."),
    Entry("train", "Train", "model_training", "Start a run and watch it, epoch by epoch."),
    Entry("data", "Data", "photo_library", "The images that models learn from; draw your own."),
)

# What a visitor, or a link, chose for all pages that ask for it.
KEPT = {"models", "dataset", "seed"}

_through_app: ContextVar[bool] = ContextVar("through_app", default=False)


def open_app() -> None:
    """What app.py does: set up the window and run the page that was asked for."""
    # Read when a page imports torch. By default a thread that waits for the next step of a
    # computation keeps its core busy, and the browser beside it waits twice as long.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    page = _navigate()
    if any_runs():
        # Imported late: it takes a second, and all wait for the first page.
        from ballgen.ui.train.status_line import show_status_line

        show_status_line()
    for key in KEPT & st.session_state.keys():
        st.session_state[key] = st.session_state[key]  # else another page begins with its default
    token = _through_app.set(True)
    try:
        page.run()
    finally:
        _through_app.reset(token)


def guard() -> None:
    """The first line of every page.

    Until `st.navigation` has run once in the server's process, Streamlit answers a link to a page
    by running that page without app.py, because there is a folder named pages. Then this sets up
    the navigation and starts over, now through app.py.
    """
    if not _through_app.get():
        _navigate()
        st.rerun()


def _navigate() -> st.Page:
    """The page that was asked for, its window set up."""
    st.set_page_config(TITLE, ICON, layout="wide")
    first, *others = ENTRIES
    pages = [
        # The default page answers to "/" alone, whatever address it is given ...
        _page(first, default=True, url_path="first"),
        # ... so a hidden twin answers to its name, as the others do.
        _page(first, visibility="hidden"),
        *map(_page, others),
    ]
    page = st.navigation(pages)
    st.set_page_config(f"{page.title} · {TITLE}")
    st.logo(ICON, size="large")
    fix_button_contrast()
    return page


def _page(entry: Entry, **settings) -> st.Page:
    return st.Page(
        FOLDER / f"{entry.name}.py",
        title=entry.title,
        icon=f":material/{entry.icon}:",
        help=entry.help,
        **settings,
    )
