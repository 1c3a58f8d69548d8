"""Part 3: samples under N(0, I) and under the fitted prior, beside real images, and all scores."""

from itertools import chain

from torch import Tensor

from ballgen.report.case import Case
from ballgen.report.contents import Figure, Note, Part, Section, Subject, side_by_side, unrounded
from ballgen.report.drawing import Cell, drawing_style, shortened, tile_grid
from ballgen.report.metrics import how_sure, metrics
from ballgen.util.palette import REAL_COLOUR
from ballgen.util.wording import kid_text, listed, prior_name

COUNT, COLUMNS = 12, 4  # images in each cell
ROWS = ("z ~ N(0, I)", "z ~ fitted prior", "reconstruction")


def samples_part(case: Case) -> Section:
    """The figure of the assignment, and the table of scores."""
    columns = {one.title: metrics(one.checkpoint, every=True) for one in case.subjects}
    scores = {one.title: one.checkpoint.scores for one in case.subjects}
    caption = f"As they were stored when the training ended. {how_sure([*columns.values()])}"
    stored = unrounded("score", scores)
    parts: list[Part] = [
        _figure(case),
        side_by_side("metrics", "Scores", caption, columns, stored),
    ]
    missing: dict[str, list[str]] = {}
    for title, found in scores.items():
        if not found:
            missing.setdefault("no scores are stored", []).append(title)
        for reason in filter(None, found.get("left_out", "").split("; ")):
            missing.setdefault(f"not measured, {reason}", []).append(title)
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


def _figure(case: Case) -> Figure:
    real, originals = (
        case.images.stratified_subset(COUNT, case.seed + again).images() for again in (0, 1)
    )
    columns = [
        [Cell(real, f"{len(real)} test images"), Cell(), Cell(originals, "originals")],
        *(_cells(case, subject, originals) for subject in case.subjects),
    ]
    title = "Samples of each model beside real images"
    caption = (
        "Rows: codes from N(0, I); codes from a prior that was fitted to the codes of training "
        "images; and test images, reconstructed. KID (mean ± standard deviation over subsets; "
        "lower is better) and the squared error per test image (SSE) are those that are stored "
        "with the checkpoints."
    )
    return Figure("samples", title, caption, samples_png(case, title, columns))


@drawing_style()
def samples_png(case: Case, title: str, columns: list[list[Cell]]) -> bytes:
    """The figure's file: the first column is that of real images, then one for each subject.

    columns  each has a cell for each of `ROWS`
    """
    count = max(len(cell.images) for cell in chain(*columns) if cell.images is not None)
    across = min(COLUMNS if count <= COUNT else 2 * COLUMNS, count)
    heads = [("Real", REAL_COLOUR)]
    heads += [(shortened(one.full_title), one.colour) for one in case.subjects]
    rows = list(zip(ROWS, zip(*columns, strict=True), strict=True))
    return tile_grid(rows, heads, across, title, case.origin(*case.subjects))


def _cells(case: Case, subject: Subject, originals: Tensor) -> list[Cell]:
    """Samples under N(0, I) and the fitted prior, and reconstructions."""
    model, scores = subject.checkpoint.model, subject.checkpoint.scores
    fitted = Cell(words="no prior was fitted")
    if subject.fitted:
        known = "kid" if scores.get("prior") == subject.fitted else ""
        words = f"{prior_name(subject.fitted)}\n{_kid(scores, known)}"
        fitted = Cell(model.sample(COUNT, case.seed, subject.fitted), words)
    elif model.needs_inversion:
        fitted = Cell(words="the same: N(0, I) is what it was trained on")
    sse = f"SSE per image {scores['sse']:.3g}" if "sse" in scores else "error not measured"
    return [
        Cell(model.sample(COUNT, case.seed, "normal"), _kid(scores, "kid_normal")),
        fitted,
        Cell(model.reconstruct(originals), sse),
    ]


def _kid(scores: dict, name: str) -> str:
    if name not in scores:
        return "KID not measured"
    return f"KID × 1000: {kid_text(scores[name], scores[f'{name}_sd'])}"
