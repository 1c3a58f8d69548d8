"""Figures for print, 300 dpi: tiles pixel for pixel and labelled charts, each with its origin.

matplotlib is imported late, for it takes a second; never through pyplot, which keeps figures alive
and asks for a screen.
"""

from __future__ import annotations

import io
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from ballgen.data.sheets import contact_sheet
from ballgen.util.wording import readable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

DPI = 300
INK, SOFT, RULE = "#222222", "#6b6b6b", "#d0d0d0"
TITLE, LABEL, SMALL = 9.0, 7.0, 5.5  # pt
TILE = 128  # px that an image is enlarged to, by whole factors
GAP = 6  # px between tiles
MARGIN, LINE = 36, 40  # px around everything, and from one line of text to the next
SHEET_GRAY = 222  # between the tiles: balls on white would else lie in one large white
BOTTOM = 0.28  # inches below charts, for the origin
LONGEST_NAME = 28  # characters of a name in a figure
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


def wrapped(text: str, inches: float) -> str:
    """Small text in lines that are at most so wide."""
    return "\n".join(textwrap.wrap(text, int(inches * 72 / (0.57 * SMALL))))


class Canvas:
    """A white page of `width` × `height` px for tiles and lines of text, from the top left."""

    def __init__(self, width: int, height: int) -> None:
        from matplotlib.figure import Figure

        self.width, self.height = width, height
        self.drawing: Drawing = Figure((width / DPI, height / DPI), DPI, facecolor="white")

    def tiles(self, images: Tensor, left: int, top: int, columns: int) -> None:
        """Images (N, C, H, W) in [0, 1] in rows, as large as `tile_size` says."""
        sheet = np.asarray(tile_sheet(images, columns))
        self.drawing.figimage(sheet, left, self.height - top - len(sheet), origin="upper")

    def text(
        self, left: float, top: float, text: str, size: float = LABEL, colour: str = INK, **more
    ) -> None:
        """A line of text; `more` as matplotlib's Text takes it."""
        place = left / self.width, 1 - top / self.height
        self.drawing.text(*place, text, size=size, color=colour, **{"va": "top"} | more)

    def rule(self, left: float, right: float, top: float, colour: str = RULE, width: float = 1.0):
        """A level line, `width` pt thick."""
        from matplotlib.lines import Line2D

        y = 1 - top / self.height
        ends = [left / self.width, right / self.width]
        self.drawing.add_artist(Line2D(ends, [y, y], color=colour, linewidth=width))

    def png(self, title: str, origin: str) -> bytes:
        """The file, with its title above and its origin below everything."""
        self.text(MARGIN, MARGIN, title, TITLE, weight="bold")
        lines = wrapped(origin, (self.width - 2 * MARGIN) / DPI)
        self.text(MARGIN, self.height - MARGIN // 2, lines, SMALL, SOFT, va="bottom")
        return to_png(self.drawing, title, origin)


def tile_sheet(images: Tensor, columns: int):
    """A Pillow image of images (N, C, H, W), each enlarged by a whole factor to about `TILE` px."""
    scale = tile_size(images.shape[-1]) // images.shape[-1]
    return contact_sheet(images, columns, scale, GAP, SHEET_GRAY).convert("RGB")


def tile_size(side: int) -> int:
    """px on a page of an image of `side` px."""
    return side * max(1, round(TILE / side))


def block_size(side: int, columns: int, rows: int) -> tuple[int, int]:
    """Width and height in px of a sheet of tiles, the gap around it included."""
    step = tile_size(side) + GAP
    return columns * step + GAP, rows * step + GAP


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
    """The file of a drawing of `panels`."""
    width, height = drawing.get_size_inches()
    edge = MARGIN / DPI
    drawing.text(
        edge / width, 1 - edge / height, title, size=TITLE, weight="bold", va="top", ha="left"
    )
    lines = wrapped(origin, width - 2 * edge)
    drawing.text(edge / width, 0.5 * edge / height, lines, size=SMALL, color=SOFT, va="bottom")
    return to_png(drawing, title, origin)


def to_png(drawing: Drawing, title: str, origin: str) -> bytes:
    """PNG bytes at `DPI`, the same for the same drawing; title and origin stand in the file too."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(drawing)
    buffer = io.BytesIO()
    about = {"Software": None, "Title": readable(title), "Description": readable(origin)}
    drawing.savefig(buffer, format="png", dpi=DPI, metadata=about)
    return buffer.getvalue()
