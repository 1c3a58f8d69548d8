"""The figure of the page as files: for print, and its figures as a table."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from ballgen.errors import InputError
from ballgen.report.case import Case
from ballgen.report.contents import Rows
from ballgen.report.metrics import ABSENT
from ballgen.report.samples import Cell, samples_png
from ballgen.ui.compare.figure import (
    NORMAL,
    RECONSTRUCTED,
    Figure,
    kid_words,
    sse_words,
    words_instead,
)
from ballgen.ui.session.loading import open_checkpoint, open_test_images
from ballgen.ui.session.scoring import kid_of
from ballgen.ui.widgets.tables import offer_csv
from ballgen.util.wording import prior_name

NAME = "compare"


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
