"""The models of the page as a report to download: `ballgen report` with the page's seed."""

from __future__ import annotations

import threading
from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ballgen.errors import InputError
from ballgen.runs.catalogue import CheckpointInfo, DatasetInfo
from ballgen.ui.session.loading import open_checkpoint, open_test_images
from ballgen.ui.session.selection import Selection
from ballgen.ui.widgets.text import plain, show_warning

FILE = "ballgen-report.zip"
MAX_REPORTS = 4  # some MB each
HELP = (
    "One folder with a page that opens offline, its figures for print, its tables as CSV and "
    "LaTeX, and conclusions, of the models and the seed above. Takes up to a minute."
)

_one_at_a_time = threading.Lock()

Models = tuple[CheckpointInfo, ...]


def offer_report(selection: Selection, seed: int, place: DeltaGenerator) -> Callable[[], None]:
    """In `place` a button that asks for the report, or, once it is made, one that saves it.

    Gives what makes the report if it was asked for, to be called where its bar may stand.
    """
    models = tuple(slot.info for slot in selection.slots if slot.info)
    made = _made(tuple(info.digest for info in models), seed)
    if made:
        place.download_button(
            "Save the report",
            made[0],
            FILE,
            "application/zip",
            key="save-report",
            icon=":material/download:",
            on_click="ignore",
            help=HELP,
        )
    elif place.button(
        "Report", key="report", icon=":material/description:", disabled=not models, help=HELP
    ):
        return lambda: _make(models, selection.dataset, seed, made)
    return lambda: None


def _make(models: Models, dataset: DatasetInfo, seed: int, made: list[bytes]) -> None:
    """Make the report under a bar that says what is done, and start the page over."""
    # Imported late: few visitors ask for a report, and all wait for the first page.
    from ballgen.report.making import make_report
    from ballgen.report.writing import report_zip

    bar = st.progress(0.0, "Report: waiting for another one …")

    def show(done: float, what: str) -> None:
        bar.progress(done, f"Report: {plain(what)} …")

    try:
        with _one_at_a_time:
            if not made:
                named = [(info.name, open_checkpoint(info)) for info in models]
                report = make_report(named, open_test_images(dataset), seed, show)
                made.append(report_zip(report))
    except InputError as error:
        bar.empty()
        show_warning(error, icon=":material/description:")
    else:
        st.rerun()


@st.cache_resource(max_entries=MAX_REPORTS, show_spinner=False)
def _made(digests: tuple[str, ...], seed: int) -> list[bytes]:
    """A list for the report's .zip, the same for all sessions; empty until it is made."""
    return []
