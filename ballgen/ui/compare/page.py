"""The page Compare: the figure, what it is sampled with, and details in tabs."""

import streamlit as st

from ballgen.errors import InputError
from ballgen.ui.compare.controls import ask_for_fitted_prior, ask_for_settings
from ballgen.ui.compare.figure import Figure, say_what_to_know, show_figure
from ballgen.ui.compare.files import offer_files, offer_report
from ballgen.ui.compare.tabs import show_tabs
from ballgen.ui.session.scoring import kid_of, measure
from ballgen.ui.session.selection import Selection, Slot
from ballgen.ui.widgets.text import show_warning


def show_title() -> None:
    """What the page is, and what to do on it."""
    st.title("Compare", anchor=False, width="content")
    st.markdown("Which of these would you take for real?", width="content")


@st.fragment
def show_comparison(selection: Selection) -> None:
    """A setting draws this again, and not the rest of the page."""
    with st.container(horizontal=True, vertical_alignment="center", key="compare-head"):
        show_title()
        st.space("stretch")
        measuring = st.container(width="content")
        report = st.container(width="content")
    with st.container(horizontal=True, vertical_alignment="top", key="compare-controls"):
        settings = ask_for_settings()
        fitted, damaged = _ask_for_priors(selection)
    progress = st.container()
    figure = Figure(selection, settings, fitted)
    show_figure(figure)
    with st.container(horizontal=True, vertical_alignment="center"):
        offer_files(figure)
        st.page_link("pages/why.py", label="Why samples fail", icon=":material/help_center:")
    say_what_to_know(figure)
    for line in damaged:
        show_warning(line, icon=":material/broken_image:")
    unmeasured = {
        f"{slot.title}, {sampling.prior}": (info, sampling)
        for (_, sampling), (slot, info) in figure.samplings.items()
        if (kid := kid_of(info, sampling)) is None or kid.seed != settings.seed
    }
    wanted = measuring.button(
        "Measure KID",
        icon=":material/straighten:",
        key="measure",
        disabled=not unmeasured,
        help="Draws as many samples as there are test images, with these priors, temperature and "
        "seed, and computes their KID. Takes some seconds for each.",
    )
    make_report = offer_report(selection, settings.seed, report)
    show_tabs(figure)
    with progress:  # last, so that the whole page is there while it takes its time
        if wanted:
            measure(unmeasured)
        make_report()


def _ask_for_priors(selection: Selection) -> tuple[dict[Slot, str | None], list[str]]:
    """The fitted prior of each model that can be opened; why others cannot."""
    fitted, damaged = {}, []
    for slot in selection.slots:
        if not slot.info:
            continue
        try:
            fitted[slot] = ask_for_fitted_prior(slot)
        except InputError as error:
            damaged.append(f"{slot.title}: {error}")
    return fitted, damaged
