"""The families side by side: one table of figures and one picture."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from ballgen.checkpoint.folder import Checkpoint
from ballgen.data.imageset import ImageSet
from ballgen.data.sheets import SHEET_GRAY, contact_sheet, to_png
from ballgen.util.files import write_file
from ballgen.util.markdown import text_table

FILE = "comparison.png"
PANEL = 16  # pictures per panel, 4 × 4
CELL = 96  # px: pictures are enlarged by whole factors up to about this side
MARGIN, LINE = 16, 34  # px
INK, PAPER = "#222222", "#ffffff"


def comparison_table(checkpoints: list[Checkpoint]) -> str:
    """Figures of several checkpoints on their test pictures as a table.

    KID is that of samples from N(0, I) and from the model's own prior; "real" is the KID between
    two halves of the real test pictures. A model that searches for codes rebuilds fewer pictures.
    """
    header = [
        "family",
        "parameters",
        "images seen",
        "seconds",
        "MSE / number",
        "SSE / image",
        "KID × 1000, N(0, I)",
        "KID × 1000, own prior",
        "KID × 1000, real",
    ]
    rows = [header]
    for checkpoint in checkpoints:
        record, scores = checkpoint.record, checkpoint.scores
        rows.append(
            [
                checkpoint.model.recipe.name,
                f"{record['parameters']:,}",
                f"{record['images']:,}",
                f"{record['seconds']:.0f}",
                f"{scores['mse']:.5f}",
                f"{scores['sse']:.3f}",
                _thousandths(scores, "kid_normal"),
                f"{_thousandths(scores, 'kid')} ({scores['prior']})",
                _thousandths(scores, "kid_real"),
            ]
        )
    return text_table(rows)


def _thousandths(scores: dict, name: str) -> str:
    if scores.get(name) is None:
        return "n/a"
    return f"{1000 * scores[name]:.2f} ± {1000 * scores[name + '_sd']:.2f}"


def write_comparison(
    checkpoints: list[Checkpoint], test_sets: list[ImageSet], out: Path, seed: int = 0
) -> Path:
    """Draw real pictures, reconstructions and random samples of all checkpoints as one PNG."""
    path = out / FILE
    write_file(path, to_png(comparison(checkpoints, test_sets, seed)))
    return path


def comparison(
    checkpoints: list[Checkpoint], test_sets: list[ImageSet], seed: int = 0
) -> Image.Image:
    """Columns: real, then each checkpoint. Rows: rebuilt, N(0, I) samples, own-prior samples."""
    real = [test.images(slice(0, PANEL)) for test in test_sets]
    more = [test.images(slice(PANEL, 3 * PANEL)) for test in test_sets]
    models = [checkpoint.model for checkpoint in checkpoints]
    rebuilt = [model.reconstruct(images) for model, images in zip(models, real, strict=True)]
    own = [model.sample(PANEL, seed) for model in models]
    rows = [
        (
            "test pictures, rebuilt",
            real[0],
            rebuilt,
        ),
        (
            "random samples from N(0, I)",
            more[0][:PANEL],
            [model.sample(PANEL, seed, prior="normal") for model in models],
        ),
        ("random samples from each model's own prior", more[0][PANEL:], own),
    ]
    columns = ["real", *(model.recipe.name for model in models)]
    font = ImageFont.load_default(size=20)
    panels = [
        [_panel(images if len(images) else real[0]) for images in (first, *others)]
        for _, first, others in rows
    ]
    width = max(panel.width for row in panels for panel in row) + MARGIN
    heights = [max(panel.height for panel in row) + LINE + MARGIN for row in panels]
    sheet = Image.new("RGB", (width * len(columns) + MARGIN, sum(heights) + LINE + MARGIN), PAPER)
    draw = ImageDraw.Draw(sheet)
    for i, name in enumerate(columns):
        draw.text((MARGIN + i * width, MARGIN // 2), name, INK, font)
    top = LINE
    for (title, _, _), row, height in zip(rows, panels, heights, strict=True):
        draw.text((MARGIN, top + MARGIN // 2), title, INK, font)
        for i, panel in enumerate(row):
            sheet.paste(panel, (MARGIN + i * width, top + LINE))
        top += height
    return sheet


def _panel(images: Tensor) -> Image.Image:
    scale = max(1, CELL // images.shape[-1])
    return contact_sheet(images, columns=4, scale=scale, background=SHEET_GRAY).convert("RGB")
