"""Figures for print, 300 dpi: tiles pixel for pixel and labelled charts, each with its origin.

matplotlib is imported late, for it takes a second; never through pyplot, which keeps figures alive
and asks for a screen.
"""

from __future__ import annotations

import io
import textwrap
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from torch import Tensor

from ballgen.data.sheets import SHEET_GRAY, contact_sheet
from ballgen.util.wording import readable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

DPI = 300
INK, SOFT = "#222222", "#6b6b6b"
TITLE, LABEL, SMALL = 9.0, 7.0, 5.5  # pt
TILE = 128  # px that an image is enlarged to, by whole factors
GAP, BETWEEN = 6, 48  # px between tiles, and between cells
MARGIN, LINE = 36, 40  # px around everything, and from one line of text to the next
LETTER = 15.5  # px of a letter, on average
BOTTOM = 0.28  # inches below charts, for the origin
LONGEST_NAME = 28  # characters of a name in a figure
WORDS = 26  # characters of a line in place of images
STYLE: dict[str, Any] = {
    "font.size": LABEL,
    "text.parse_math": False,  # a class may be called "$x"
    "text.color": INK,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": LABEL + 0.5,
    "axes.labelsize": LABEL,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#ececec",
    "grid.linewidth": 0.6,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": LABEL - 0.5,
    "ytick.labelsize": LABEL - 0.5,
    "legend.frameon": False,
    "legend.fontsize": LABEL - 0.5,
    "lines.linewidth": 1.2,
}

_one_at_a_time = threading.Lock()


def shortened(name: object) -> str:
    """A name of somebody else's on one line, short enough for a figure."""
    text = readable(name)
    return text if len(text) <= LONGEST_NAME else f"{text[: LONGEST_NAME - 1]}…"


class Cell(NamedTuple):
    """Images (N, C, H, W) in [0, 1] as tiles; None for none, and then the words stand there.

    words  a line below them, or one for each column of tiles
    """

    images: Tensor | None = None
    words: str | Sequence[str] = ""


def tile_grid(
    rows: Sequence[tuple[str, Sequence[Cell]]],
    heads: Sequence[tuple[str, str]],
    columns: int,
    title: str,
    origin: str,
) -> bytes:
    """The PNG of a grid of cells, each with its images in rows of `columns`.

    rows   with what stands before each
    heads  of the columns of cells, with their colours
    """
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    def sheet_of(cell: Cell) -> np.ndarray | None:
        across = columns if isinstance(cell.words, str) else len(cell.words)
        return None if cell.images is None else tile_sheet(cell.images, across)

    sheets = [[sheet_of(cell) for cell in cells] for _, cells in rows]
    there = [sheet for row in sheets for sheet in row if sheet is not None]
    width = max(sheet.shape[1] for sheet in there)
    height = max(sheet.shape[0] for sheet in there)
    below = LINE * max(_lines(cell.words) for _, cells in rows for cell in cells) + 10
    longest = max(len(line) for name, _ in rows for line in name.split("\n"))
    left, top = MARGIN + int(LETTER * (longest + 1)) * bool(longest), MARGIN + 3 * LINE
    size = (
        left + len(heads) * (width + BETWEEN) - BETWEEN + MARGIN,
        top + len(rows) * (height + below) + MARGIN + LINE,
    )
    drawing: Drawing = Figure((size[0] / DPI, size[1] / DPI), DPI, facecolor="white")

    def write(x: float, y: float, text: str, letters: float = SMALL, **more: Any) -> None:
        drawing.text(x / size[0], 1 - y / size[1], text, size=letters, **{"va": "top"} | more)

    for number, (head, colour) in enumerate(heads):
        x, y = left + number * (width + BETWEEN), 1 - (top - 8) / size[1]
        write(x, top - LINE - 12, head, LABEL + 0.5, weight="bold")
        ends = [x / size[0], (x + width) / size[0]]
        drawing.add_artist(Line2D(ends, [y, y], color=colour, linewidth=1.5))
    for number, (name, cells) in enumerate(rows):
        y = top + number * (height + below)
        write(MARGIN, y + height / 2, name, LABEL, va="center", linespacing=1.25)
        for place, (cell, sheet) in enumerate(zip(cells, sheets[number], strict=True)):
            x = left + place * (width + BETWEEN)
            if sheet is None:
                middle = {"ha": "center", "va": "center"}
                words = textwrap.fill(cell.words, WORDS)
                write(x + width / 2, y + height / 2, words, LABEL, **middle)
                continue
            drawing.figimage(sheet, x, size[1] - y - len(sheet), origin="upper")
            if isinstance(cell.words, str):
                write(x, y + len(sheet) + 6, cell.words, color=SOFT)
                continue
            for column, words in enumerate(cell.words):
                middle = x + GAP / 2 + (column + 0.5) * (sheet.shape[1] - GAP) / len(cell.words)
                write(middle, y + len(sheet) + 6, words, color=SOFT, ha="center")
    return chart_png(drawing, title, origin)


def _lines(words: str | Sequence[str]) -> int:
    return words.count("\n") + bool(words) if isinstance(words, str) else 1


def tile_sheet(images: Tensor, columns: int) -> np.ndarray:
    """uint8 (H, W, 3) of images (N, C, H, W), each enlarged by a whole factor to some `TILE` px."""
    scale = max(1, round(TILE / images.shape[-1]))
    return np.asarray(contact_sheet(images, columns, scale, GAP, SHEET_GRAY).convert("RGB"))


@contextmanager
def drawing_style() -> Iterator[None]:
    """The look of every figure; nothing of it stays with others who use matplotlib.

    One at a time: matplotlib has one look for all threads.
    """
    import matplotlib

    with _one_at_a_time, matplotlib.rc_context(STYLE):
        yield


def panels(
    count: int, columns: int, width: float, height: float, below: float = 0.0
) -> tuple[Drawing, list[Axes]]:
    """A drawing of `count` axes in rows of at most `columns`, each `width` × `height` inches.

    below  inches that are kept free for a legend
    """
    from matplotlib.figure import Figure

    columns = min(columns, count)
    rows = -(-count // columns)
    # Room for the title and the origin, which a single panel would be too narrow for.
    size = max(columns * width, 3.6), rows * height + below + 0.8
    drawing = Figure(size, DPI, facecolor="white", layout="constrained")
    drawing.get_layout_engine().set(
        rect=(0.01, (BOTTOM + below) / size[1], 0.98, 1 - (0.6 + below) / size[1]),
        w_pad=0.06,
        h_pad=0.05,
    )
    return drawing, [drawing.add_subplot(rows, columns, number + 1) for number in range(count)]


def chart_png(drawing: Drawing, title: str, origin: str) -> bytes:
    """The file of a drawing, with its title above and its origin below."""
    width, height = drawing.get_size_inches()
    edge = MARGIN / DPI
    top, bottom = 1 - edge / height, 0.5 * edge / height
    drawing.text(edge / width, top, title, size=TITLE, weight="bold", va="top")
    lines = "\n".join(textwrap.wrap(origin, int((width - 2 * edge) * 72 / (0.57 * SMALL))))
    drawing.text(edge / width, bottom, lines, size=SMALL, color=SOFT, va="bottom")
    return to_png(drawing, title, origin)


def to_png(drawing: Drawing, title: str, origin: str) -> bytes:
    """PNG bytes at `DPI`, the same for the same drawing; title and origin stand in the file too."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(drawing)
    buffer = io.BytesIO()
    about = {"Software": None, "Title": readable(title), "Description": readable(origin)}
    drawing.savefig(buffer, format="png", dpi=DPI, metadata=about)
    return buffer.getvalue()
