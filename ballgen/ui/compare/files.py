"""The page as files: its figure for print, what it says as a table, and a report of its models."""

from collections.abc import Callable
from contextlib import suppress

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ballgen.errors import InputError
from ballgen.report.case import Case
from ballgen.report.contents import Rows
from ballgen.report.metrics import ABSENT
from ballgen.report.samples import Cell, samples_png
from ballgen.ui.compare.figure import RECONSTRUCTED, Figure, kid_words, sse_words, words_instead
from ballgen.ui.session.loading import NORMAL, open_checkpoint, open_test_images
from ballgen.ui.session.scoring import kid_of
from ballgen.ui.session.selection import Selection
from ballgen.ui.widgets.made_files import MadeFile, offer_file
from ballgen.ui.widgets.tables import offer_csv
from ballgen.util.progress import OnStep
from ballgen.util.wording import prior_name

NAME = "compare"
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


def offer_files(figure: Figure) -> None:
    """A button for each file, made when somebody asks for it."""
    if not figure.fitted:
        return
    with suppress(InputError):  # what is not there stands below the figure
        open_test_images(figure.selection.dataset)
        st.download_button(
            "PNG",
            lambda: figure_png(figure),
            f"{NAME}.png",
            "image/png",
            key="png",
            icon=":material/image:",
            on_click="ignore",
            help="The figure for print, 300 dpi, with models, digests, priors and seed.",
        )
    offer_csv(figure_rows(figure), NAME)


def figure_png(figure: Figure) -> bytes:
    """The images of the page, each kind with its score. Raises `InputError`."""
    settings, images = figure.settings, open_test_images(figure.selection.dataset)
    models = [(slot.info.name, open_checkpoint(slot.info)) for slot in figure.fitted]
    case = Case.of(models, images, settings.seed)
    real, originals = images.images(figure.real), images.images(slice(0, RECONSTRUCTED))
    columns = [[Cell(real, f"{len(real)} test images"), Cell(), Cell(originals, "originals")]]
    for slot, fitted in figure.fitted.items():
        model = open_checkpoint(slot.info).model
        cells = []
        for prior in (NORMAL, fitted):
            if not prior:
                cells.append(Cell(words=words_instead(slot)))
                continue
            sampling = figure.sampling(prior)
            made = model.sample(settings.count, settings.seed, prior, settings.temperature)
            words = _line(kid_words(slot, sampling), "KID", "KID × 1000:")
            cells.append(Cell(made, words if prior == NORMAL else f"{prior_name(prior)}\n{words}"))
        back = model.reconstruct(originals)
        words = _line(sse_words(slot, (back - originals).square().sum((1, 2, 3))))
        columns.append([*cells, Cell(back, words)])
    title = "Samples of each model beside real images"
    if settings.temperature != 1:
        title += f", temperature {settings.temperature:g}"
    return samples_png(case, title, columns)


def _line(words: dict[str, str], old: str = "", new: str = "") -> str:
    return ", ".join(filter(None, words.values())).replace(old, new, 1)


def figure_rows(figure: Figure) -> Rows:
    """What the figure says in numbers: a line for each cell that a model made."""
    settings = figure.settings
    rows = [
        (
            *("row", "model", "checkpoint", "digest", "prior", "gibbs steps", "seed"),
            *("temperature", "kid", "kid sd", "kid seed", "sse", "psnr"),
        )
    ]
    for slot, fitted in figure.fitted.items():
        checkpoint = open_checkpoint(slot.info)
        who = slot.title, slot.info.name, checkpoint.digest
        for prior in filter(None, (NORMAL, fitted)):
            kid = kid_of(slot.info, figure.sampling(prior))
            rows.append(
                (
                    *("samples", *who, prior, checkpoint.model.gibbs_steps(prior)),
                    *(settings.seed, settings.temperature),
                    *((kid.mean, kid.sd, kid.seed) if kid else (ABSENT,) * 3),
                    *(ABSENT, ABSENT),
                )
            )
        errors = (checkpoint.scores.get(name, ABSENT) for name in ("sse", "psnr"))
        rows.append(("reconstructions", *who, *(ABSENT,) * 7, *errors))
    return tuple(rows)


def offer_report(selection: Selection, seed: int, place: DeltaGenerator) -> Callable[[], None]:
    """In `place` a button that asks for the report, or, once it is made, one that saves it.

    Gives what makes the report if it was asked for, to be called where its bar may stand.
    """
    models = tuple(selection.models.values())

    def make(on_step: OnStep) -> bytes:
        # Imported late: few visitors ask for a report, and all wait for the first page.
        from ballgen.report.making import make_report
        from ballgen.report.writing import report_zip

        named = [(info.name, open_checkpoint(info)) for info in models]
        return report_zip(make_report(named, open_test_images(selection.dataset), seed, on_step))

    identity = *(info.digest for info in models), seed
    return offer_file(REPORT, identity, make, place, disabled=not models)
