"""The shell around every page: navigation, and the guard that every page starts with."""

from contextvars import ContextVar
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from ballgen.errors import InputError
from ballgen.ui.widgets.copy_link import show_copy_link
from ballgen.ui.widgets.text import show_warning
from ballgen.util.paths import PROJECT, any_runs

TITLE = "ballgen"
FOLDER = PROJECT / "pages"
ICON = Path(__file__).parent / "assets" / "icon.png"  # drawn by `python -m benchmarks.icon`


class Entry(NamedTuple):
    """A page in the navigation.

    name    of its file in pages/, and its address
    icon    a name among Material Symbols, whose font comes with Streamlit
    help    what the page is for
    hidden  from the navigation, for every page's head leads there
    """

    name: str
    title: str
    icon: str
    help: str
    hidden: bool = False


# By section, in the order in which somebody with an assignment needs them.
SECTIONS = {
    "Learn": (
        Entry("data", "Images", "photo_library", "What models learn from; draw your own."),
        Entry("train", "Train", "model_training", "Start a run and watch it, epoch by epoch."),
        Entry("compare", "Compare", "compare", "An AE, a VAE and a GAN beside real images."),
        Entry("why", "Why samples fail", "help_center", "Why random samples fail, what helps."),
    ),
    "Explore": (
        Entry("latent", "Latent space", "scatter_plot", "A map of latent codes; decode any point."),
        Entry("interpolate", "Interpolate", "gesture", "What lies between images, step by step."),
        Entry("own_image", "Own image", "add_photo_alternate", "Your image, by every model."),
        Entry("terms", "Terms", "dictionary", "The words of the other pages.", hidden=True),
    ),
}
ENTRIES = tuple(entry for entries in SECTIONS.values() for entry in entries)
HOME = "compare"  # opens first

# What a visitor, or a link, chose for all pages that ask for it; the models keep themselves.
KEPT = {"dataset", "seed"}

_through_app: ContextVar[bool] = ContextVar("through_app", default=False)


def open_app() -> None:
    """What app.py does: set up the window and run the page that was asked for."""
    page = _navigate()
    if any_runs():
        # Imported late: it takes a second, and all wait for the first page.
        from ballgen.ui.train.status_line import show_status_line

        show_status_line()
    for key in KEPT & st.session_state.keys():
        st.session_state[key] = st.session_state[key]  # else another page begins with its default
    # In the window's head, by its style.
    with st.container(key="head-links", horizontal=True, vertical_alignment="center"):
        show_copy_link(key="copy-link")
        st.page_link(FOLDER / "terms.py", label="Terms", icon=":material/dictionary:")
    token = _through_app.set(True)
    try:
        page.run()
    except InputError as error:  # what a page cannot show, it says
        show_warning(error, icon=":material/image_not_supported:")
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
    pages = {section: list(map(_page, entries)) for section, entries in SECTIONS.items()}
    # The default page answers to "/" alone, so a hidden twin answers to its name.
    (home,) = (entry for entry in ENTRIES if entry.name == HOME)
    pages["Explore"].append(_page(home, visibility="hidden"))
    page = st.navigation(pages)
    st.set_page_config(f"{page.title} · {TITLE}")
    st.logo(ICON, size="large")
    return page


def _page(entry: Entry, **settings) -> st.Page:
    if entry.name == HOME and not settings:
        settings = {"default": True, "url_path": "first"}
    elif entry.hidden:
        settings = {"visibility": "hidden"}
    return st.Page(
        FOLDER / f"{entry.name}.py",
        title=entry.title,
        icon=f":material/{entry.icon}:",
        help=entry.help,
        **settings,
    )
