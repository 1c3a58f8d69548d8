"""Part 2: test images as each model reconstructs them, the best, the median and the worst."""

from typing import NamedTuple

import torch
from torch import Tensor

from ballgen.data.imageset import ImageSet
from ballgen.models.base import Model
from ballgen.report.case import Case
from ballgen.report.contents import Figure, Note, Part, Section, Table
from ballgen.report.drawing import INK, Cell, drawing_style, tile_grid
from ballgen.util.wording import listed

MAX_IMAGES = 2000  # that are reconstructed
MAX_SEARCHED = 48  # where each code is a search
PAIRS = 4  # images of each kind
KINDS = ("best", "median", "worst")


class Errors(NamedTuple):
    """A model's reconstructions.

    images          those that were reconstructed
    reconstructed   float32 (N, C, H, W) in [0, 1]
    sse             float32 (N,): squared errors, summed over an image
    """

    images: ImageSet
    reconstructed: Tensor
    sse: Tensor

    def ranked(self) -> dict[str, Tensor]:
        """Numbers of the images with the smallest, the middle and the largest errors.

        None stands in two kinds: of few images there are fewer of each.
        """
        order, count = self.sse.argsort(), min(PAIRS, -(-len(self.sse) // len(KINDS)))
        last = max(count, len(order) - count)
        middle = count + max(0, last - count - count) // 2
        found = order[:count], order[middle : min(middle + count, last)], order[last:]
        return {kind: rows for kind, rows in zip(KINDS, found, strict=True) if len(rows)}


def reconstructions_part(case: Case) -> Section:
    """One figure of all models, and a table of their errors."""
    errors = [reconstruct(one.checkpoint.model, case.images, case.seed) for one in case.subjects]
    parts: list[Part] = [_figure(case, errors), _table(case, errors)]
    searched = [one.title for one in case.subjects if one.checkpoint.model.needs_inversion]
    if searched:
        parts.append(
            Note(
                f"{listed(searched)}: not trained to reconstruct. Each code is searched for, so "
                f"{MAX_SEARCHED} images at most are reconstructed."
            )
        )
    return Section(
        "2 · Reconstructions of test images",
        "How close does each model come to images that it was not trained on?",
        tuple(parts),
    )


def reconstruct(model: Model, images: ImageSet, seed: int = 0, limit: int = MAX_IMAGES) -> Errors:
    """Of at most `limit` images, every class in its share, and how well they come back.

    Raises `InputError` as `Model.reconstruct` does.
    """
    some = images.stratified_subset(MAX_SEARCHED if model.needs_inversion else limit, seed)
    reconstructed = model.reconstruct(some.images())
    return Errors(some, reconstructed, (reconstructed - some.images()).square().sum((1, 2, 3)))


@drawing_style()
def _figure(case: Case, errors: list[Errors]) -> Figure:
    kinds = [kind for kind in KINDS if any(kind in one.ranked() for one in errors)]
    columns = max(len(rows) for one in errors for rows in one.ranked().values())
    rows = []
    for subject, one in zip(case.subjects, errors, strict=True):
        cells = {kind: Cell(None) for kind in kinds}
        for kind, found in one.ranked().items():
            pairs = torch.cat([one.images.images(found), one.reconstructed[found]])
            cells[kind] = Cell(pairs, [f"{sse:.3g}" for sse in one.sse[found].tolist()])
        rows.append((f"{subject.title},\nof {len(one.sse):,}", list(cells.values())))
    title = "Test images, above, and their reconstructions, below"
    caption = (
        "The reconstructions with the smallest, the middle and the largest errors. Below each pair "
        "its squared error, summed over all pixels and channels."
    )
    heads = [(kind, INK) for kind in kinds]
    png = tile_grid(rows, heads, columns, title, case.origin(*case.subjects))
    return Figure("reconstructions", title, caption, png)


def _table(case: Case, errors: list[Errors]) -> Table:
    names = ("images", "mean", "standard error", "min", "median", "max")
    rows: list[tuple[str, ...]] = [("squared error per image", *names)]
    data: list[tuple] = [("model", *names)]
    for subject, one in zip(case.subjects, errors, strict=True):
        sse = one.sse.double()
        error = float(sse.std() / len(sse) ** 0.5) if len(sse) > 1 else float("nan")
        figures = sse.mean(), error, sse.min(), sse.median(), sse.max()
        values = [float(value) for value in figures]
        data.append((subject.title, len(sse), *values))
        shown = ("–" if value != value else f"{value:.3g}" for value in values)
        rows.append((subject.title, f"{len(sse):,}", *shown))
    return Table(
        "reconstruction-errors",
        "Squared errors of reconstructions",
        "Measured for this report on the test images that the figure is of; 0 is exact.",
        tuple(rows),
        tuple(data),
    )
