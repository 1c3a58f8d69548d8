"""Part 3: samples under N(0, I) and under the fitted prior, beside real images, and all scores."""

from __future__ import annotations

import textwrap
from itertools import chain
from typing import NamedTuple

from torch import Tensor

from ballgen.report.case import Case
from ballgen.report.contents import Figure, Note, Part, Section, Subject, Table
from ballgen.report.drawing import (
    LABEL,
    LINE,
    MARGIN,
    SMALL,
    SOFT,
    Canvas,
    block_size,
    drawing_style,
    shortened,
)
from ballgen.report.metrics import how_sure, metrics
from ballgen.report.reconstructions import canvas_png
from ballgen.util.palette import REAL_COLOUR
from ballgen.util.wording import kid_text, listed, prior_name

COUNT, COLUMNS = 12, 4  # images in each cell
BETWEEN = 48  # px between the columns
WORDS = 26  # characters of a line in place of images
ROWS = ("z ~ N(0, I)", "z ~ fitted prior", "reconstruction")


def samples_part(case: Case) -> Section:
    """The figure of the assignment, and the table of scores."""
    columns = [metrics(subject.checkpoint, every=True) for subject in case.subjects]
    parts: list[Part] = [_figure(case)]
    rows = [("", *case.titles)]
    names = dict.fromkeys(name for column in columns for name in column)
    rows += [(name, *(column.get(name, "–") for column in columns)) for name in names]
    caption = f"As they were stored when the training ended. {how_sure(columns)}"
    table = Table("metrics", "Scores", caption, tuple(rows), _stored(case))
    parts.append(table)
    missing: dict[str, list[str]] = {}
    for subject in case.subjects:
        scores = subject.checkpoint.scores
        if not scores:
            missing.setdefault("no scores are stored", []).append(subject.title)
        for reason in filter(None, scores.get("left_out", "").split("; ")):
            missing.setdefault(f"not measured, {reason}", []).append(subject.title)
    parts += [Note(f"{listed(titles)}: {what}.") for what, titles in missing.items()]
    if case.elsewhere:
        parts.append(
            Note(
                f"The scores of {listed(case.elsewhere)} were measured on other test images than "
                "this report shows."
            )
        )
    return Section(
        "3 · Images from random latent codes",
        "Does a random code from N(0, I) become a realistic image, and one from a prior that was "
        "fitted to the codes?",
        tuple(parts),
    )


def _stored(case: Case) -> tuple[tuple, ...]:
    """Every score as it is stored, by its name in scores.json."""
    scores = [subject.checkpoint.scores for subject in case.subjects]
    names = dict.fromkeys(name for some in scores for name in some)
    return (
        ("score", *case.titles),
        *((name, *(some.get(name, "") for some in scores)) for name in names),
    )


class Cell(NamedTuple):
    """Images (N, C, H, W) in [0, 1] and the words below them, or words alone in their place."""

    images: Tensor | None = None
    words: str = ""


def _figure(case: Case) -> Figure:
    """Rows of priors, columns of families, the first of them real."""
    real, originals = (
        case.images.stratified_subset(COUNT, case.seed + again).images() for again in (0, 1)
    )
    columns = [[Cell(real, f"{len(real)} test images"), Cell(), Cell(originals, "originals")]]
    columns += [_cells(case, subject, originals) for subject in case.subjects]
    title = "Samples of each model beside real images"
    caption = (
        "Rows: codes from N(0, I); codes from a prior that was fitted to the codes of training "
        "images; and test images, reconstructed. KID (mean ± standard "
        "deviation over subsets; lower is better) and the mean squared error of test images are "
        "those that are stored with the checkpoints."
    )
    return Figure("samples", title, caption, samples_png(case, title, columns))


@drawing_style()
def samples_png(case: Case, title: str, columns: list[list[Cell]]) -> bytes:
    """The figure's file: the first column is that of real images, then one for each subject.

    columns  each has a cell for each of `ROWS`
    """
    count = max(len(cell.images) for cell in chain(*columns) if cell.images is not None)
    across = min(COLUMNS if count <= COUNT else 2 * COLUMNS, count)
    side = case.images.image_shape[-1]
    width, height = block_size(side, across, -(-count // across))
    left = MARGIN + LINE  # the rows' names stand upright there
    first, row = MARGIN + 3 * LINE, height + 2 * LINE + 24
    canvas = Canvas(
        left + len(columns) * (width + BETWEEN) - BETWEEN + MARGIN,
        first + len(ROWS) * row + MARGIN,
    )
    for number, name in enumerate(ROWS):
        middle = first + number * row + height / 2
        canvas.text(MARGIN, middle, name, rotation=90, va="center", weight="bold")
    heads = [("Real", REAL_COLOUR, ""), *((s.title, s.colour, s.name) for s in case.subjects)]
    for column, (cells, (head, colour, name)) in enumerate(zip(columns, heads, strict=True)):
        x = left + column * (width + BETWEEN)
        canvas.text(x, first - LINE - 14, head, LABEL + 0.5, weight="bold")
        if name and name.lower() != head.lower():
            canvas.text(x + width, first - LINE - 8, shortened(name), SMALL, SOFT, ha="right")
        canvas.rule(x, x + width, first - 8, colour, 1.5)
        for number, (images, words) in enumerate(cells):
            y = first + number * row
            if images is None:
                words = textwrap.fill(words, WORDS)
                canvas.text(x + width / 2, y + height / 2, words, ha="center", va="center")
                continue
            canvas.tiles(images, x, y, across)
            canvas.text(x, y + height + 6, words, SMALL, SOFT)
    return canvas_png(canvas, title, case)


def _cells(case: Case, subject: Subject, originals: Tensor) -> list[Cell]:
    """A cell for each of `ROWS`, with the scores that are stored."""
    model, scores = subject.checkpoint.model, subject.checkpoint.scores
    cells = [Cell(model.sample(COUNT, case.seed, "normal"), _kid(scores, "kid_normal"))]
    if subject.fitted:
        known = "kid" if scores.get("prior") == subject.fitted else ""
        words = f"{prior_name(subject.fitted)}\n{_kid(scores, known)}"
        cells.append(Cell(model.sample(COUNT, case.seed, subject.fitted), words))
    elif model.searches_codes:
        cells.append(Cell(words="the same: N(0, I) is what it was trained on"))
    else:
        cells.append(Cell(words="no prior was fitted"))
    sse = f"mean squared error {scores['sse']:.3g}" if "sse" in scores else "error not measured"
    return [*cells, Cell(model.reconstruct(originals), sse)]


def _kid(scores: dict, name: str) -> str:
    if name not in scores:
        return "KID not measured"
    return f"KID × 1000: {kid_text(scores[name], scores[f'{name}_sd'])}"
