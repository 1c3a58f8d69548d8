"""The page Compare: the figure, what it is sampled with, and details, one tab at a time."""

import streamlit as st

from ballgen.errors import InputError
from ballgen.report.metrics import (
    ABSENT,
    best,
    compare_settings,
    grouped,
    how_sure,
    metrics,
    size_and_cost,
)
from ballgen.ui.compare import nearest, reconstructions
from ballgen.ui.compare.controls import ask_for_fitted_prior, ask_for_settings
from ballgen.ui.compare.figure import Figure, say_what_to_know, show_figure
from ballgen.ui.compare.files import offer_files, offer_report
from ballgen.ui.compare.nearest import show_nearest
from ballgen.ui.compare.reconstructions import show_reconstructions
from ballgen.ui.session.loading import NORMAL, open_checkpoint
from ballgen.ui.session.scoring import kid_of, measure
from ballgen.ui.session.selection import Selection, Slot
from ballgen.ui.widgets.controls import mark_requested
from ballgen.ui.widgets.tables import offer_csv, show_figures, show_table
from ballgen.ui.widgets.text import show_warning

KEY = "compare_tab"
RECONSTRUCTIONS, SCORES, COPIES = "Reconstructions", "Scores", "Copies"
SIZE = "Size and cost"
ASKED = {RECONSTRUCTIONS: reconstructions.ASKED, COPIES: nearest.ASKED}


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
    figure.sample_next()


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


@st.fragment
def show_tabs(figure: Figure) -> None:
    """What nobody opens is not computed; the link keeps which one is open."""
    slots = list(figure.fitted)
    samplings = {slot: figure.sampling(prior or NORMAL) for slot, prior in figure.fitted.items()}
    views = {
        RECONSTRUCTIONS: lambda: show_reconstructions(figure.selection.dataset, slots),
        SCORES: lambda: _show_scores(slots),
        COPIES: lambda: show_nearest(samplings, figure.settings.count),
        "Settings that differ": lambda: _show_settings(slots),
    }
    tabs = st.tabs(
        list(views), default=SCORES, key=KEY, on_change=_mark_opened, bind="query-params"
    )
    for tab, show in zip(tabs, views.values(), strict=True):
        if tab.open:
            with tab:
                show()


def _mark_opened() -> None:
    """Who opens a tab that takes seconds need not press its button, too."""
    if key := ASKED.get(st.session_state[KEY]):
        mark_requested(key)()


def _show_scores(slots: list[Slot]) -> None:
    """Scores, size and cost of models that can be opened."""
    if not slots:
        return
    columns, scores = {}, []
    for slot in slots:
        checkpoint = open_checkpoint(slot.info)
        scores.append(metrics(checkpoint))
        size = {"Checkpoint": slot.info.name} | size_and_cost(checkpoint)
        columns[slot.title] = grouped(scores[-1]) | {SIZE: size}
    better = best([open_checkpoint(slot.info).scores for slot in slots])
    groups = dict.fromkeys(group for column in columns.values() for group in column)
    with st.container(key="scores"):
        for group in groups:
            part = {title: column[group] for title, column in columns.items()}
            show_figures(part, f"{group} of every selected model", group, better)
    if better:
        st.caption("Bold: the best, and what lies within its error.")
    st.caption(how_sure(scores))
    offer_csv(_rows(columns), "scores")


def _rows(columns: dict[str, dict[str, dict[str, str]]]) -> tuple[tuple[str, ...], ...]:
    names = dict.fromkeys(
        (group, name)
        for column in columns.values()
        for group, figures in column.items()
        for name in figures
    )
    rows = [
        (group, name, *(column[group].get(name, ABSENT) for column in columns.values()))
        for group, name in names
    ]
    return ("group", "figure", *columns), *rows


def _show_settings(slots: list[Slot]) -> None:
    """Those that differ; of a single model all of them. The CSV holds all."""
    if not slots:
        return
    every, differing = compare_settings(
        {slot.title: open_checkpoint(slot.info).model for slot in slots}
    )
    shown = every if len(slots) == 1 else differing
    if len(shown) == 1:
        st.caption("The models have the same settings: what differs is the seed or the images.")
    else:
        header, *rows = shown
        columns = dict(zip(header, map(list, zip(*rows, strict=True)), strict=True))
        show_table(columns, alt="Settings of every selected model")
        st.caption(f"{len(rows)} of {len(every) - 1} settings; {ABSENT}: the family has none.")
    offer_csv(every, "settings")
