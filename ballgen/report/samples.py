"""Part 3: samples under N(0, I) and under the fitted prior, beside real images, and all scores."""

from __future__ import annotations

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


@drawing_style()
def _figure(case: Case) -> Figure:
    """Rows of priors, columns of families, the first of them real."""
    real, originals = (
        case.images.stratified_subset(COUNT, case.seed + again).images() for again in (0, 1)
    )
    columns = min(COLUMNS, len(real))
    side = case.images.image_shape[-1]
    width, _ = block_size(side, columns, 1)
    _, height = block_size(side, 1, -(-COUNT // columns))
    left = MARGIN + LINE  # the rows' names stand upright there
    first, row = MARGIN + 3 * LINE, height + 2 * LINE + 24
    canvas = Canvas(
        left + (1 + len(case.subjects)) * (width + BETWEEN) - BETWEEN + MARGIN,
        first + len(ROWS) * row + MARGIN,
    )
    place = [left + number * (width + BETWEEN) for number in range(1 + len(case.subjects))]
    for number, name in enumerate(ROWS):
        middle = first + number * row + height / 2
        canvas.text(MARGIN, middle, name, rotation=90, va="center", weight="bold")
    heads = [("Real", REAL_COLOUR, ""), *((s.title, s.colour, s.name) for s in case.subjects)]
    for x, (title, colour, name) in zip(place, heads, strict=True):
        canvas.text(x, first - LINE - 14, title, LABEL + 0.5, weight="bold")
        if name and name.lower() != title.lower():
            canvas.text(x + width, first - LINE - 8, shortened(name), SMALL, SOFT, ha="right")
        canvas.rule(x, x + width, first - 8, colour, 1.5)
    canvas.tiles(real, place[0], first, columns)
    canvas.text(place[0], first + height + 6, f"{len(real)} test images", SMALL, SOFT)
    last = first + (len(ROWS) - 1) * row
    canvas.tiles(originals, place[0], last, columns)
    canvas.text(place[0], last + height + 6, "originals", SMALL, SOFT)
    for x, subject in zip(place[1:], case.subjects, strict=True):
        for number, (images, words) in enumerate(_cells(case, subject, originals)):
            y = first + number * row
            if images is None:
                canvas.text(x + width / 2, y + height / 2, words, ha="center", va="center")
                continue
            canvas.tiles(images, x, y, columns)
            canvas.text(x, y + height + 6, words, SMALL, SOFT)
    title = "Samples of each model beside real images"
    caption = (
        "Rows: codes from N(0, I); codes from a prior that was fitted to the codes of training "
        "images; and test images, reconstructed. KID (mean ± standard "
        "deviation over subsets; lower is better) and the mean squared error of test images are "
        "those that are stored with the checkpoints."
    )
    return Figure("samples", title, caption, canvas_png(canvas, title, case))


def _cells(case: Case, subject: Subject, originals: Tensor) -> list[tuple[Tensor | None, str]]:
    """Images of each of `ROWS`, and the words below them, or in place of them."""
    model, scores = subject.checkpoint.model, subject.checkpoint.scores
    cells: list[tuple[Tensor | None, str]] = [
        (model.sample(COUNT, case.seed, "normal"), _kid(scores, "kid_normal")),
    ]
    if subject.fitted:
        known = "kid" if scores.get("prior") == subject.fitted else ""
        words = f"{prior_name(subject.fitted)}\n{_kid(scores, known)}"
        cells.append((model.sample(COUNT, case.seed, subject.fitted), words))
    elif model.searches_codes:
        cells.append((None, "the same: N(0, I) is what\nit was trained on"))
    else:
        cells.append((None, "no prior was fitted"))
    sse = f"mean squared error {scores['sse']:.3g}" if "sse" in scores else "error not measured"
    cells.append((model.reconstruct(originals), sse))
    return cells


def _kid(scores: dict, name: str) -> str:
    if name not in scores:
        return "KID not measured"
    return f"KID × 1000: {kid_text(scores[name], scores[f'{name}_sd'])}"
