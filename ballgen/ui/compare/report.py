"""The models of the page as a report to download: `ballgen report` with the page's seed."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.delta_generator import DeltaGenerator

from ballgen.ui.session.loading import open_checkpoint, open_test_images
from ballgen.ui.session.selection import Selection
from ballgen.ui.widgets.made_files import MadeFile, OnStep, offer_file

REPORT = MadeFile(
    "report",
    "Report",
    "Save the report",
    "ballgen-report.zip",
    "application/zip",
    ":material/description:",
    "One folder with a page that opens offline, its figures for print, its tables as CSV and "
    "LaTeX, and conclusions, of the models and the seed above. Takes up to a minute.",
)


def offer_report(selection: Selection, seed: int, place: DeltaGenerator) -> Callable[[], None]:
    """In `place` a button that asks for the report, or, once it is made, one that saves it.

    Gives what makes the report if it was asked for, to be called where its bar may stand.
    """
    models = tuple(slot.info for slot in selection.slots if slot.info)

    def make(on_step: OnStep) -> bytes:
        # Imported late: few visitors ask for a report, and all wait for the first page.
        from ballgen.report.making import make_report
        from ballgen.report.writing import report_zip

        named = [(info.name, open_checkpoint(info)) for info in models]
        return report_zip(make_report(named, open_test_images(selection.dataset), seed, on_step))

    identity = *(info.digest for info in models), seed
    return offer_file(REPORT, identity, make, place, disabled=not models)
