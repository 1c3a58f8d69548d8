"""A row of a figure of small images: a cell for each column, with what was measured below it."""

import base64
from collections.abc import Callable
from typing import NamedTuple

from ballgen.ui.widgets import component
from ballgen.ui.widgets.images import SHEET_COLUMNS, Follow

_component = component("figure_row", '<div class="figure-row" role="group"></div>', "follow")


class Column(NamedTuple):
    """What stands above a column; `note` is what has to be known before looking at it."""

    title: str
    name: str
    colour: str
    note: str = ""


class Cell(NamedTuple):
    """Images, or words in their place, and what was measured on such images.

    content  from `to_sheet`, in reading order; for each position of a slider, where they follow one
    alt      is read aloud in place of the images
    frames   how many positions there are
    origin   where the score comes from
    """

    content: bytes = b""
    alt: str = ""
    frames: int = 1
    words: str = ""
    score: str = ""
    origin: str = ""

    def to_json(self, count: int) -> dict:
        """As the component takes it, for `count` images at a time."""
        words = {key: value for key, value in self._asdict().items() if key != "content"}
        return words | {
            "sheet": base64.b64encode(self.content).decode(),
            "sheetColumns": min(SHEET_COLUMNS, self.frames * count),
        }


def show_row(
    title: str,
    hint: str,
    columns: list[Column],
    cells: list[Cell],
    count: int,
    image_shape: tuple[int, int, int],
    key: str,
    headed: bool = False,
    slider: str = "",
    ask: Callable[[], None] | None = None,
) -> None:
    """Show a row of cells of `count` images each.

    headed  what stands above the columns is shown
    slider  the key of one that cells with more than one frame follow
    ask     called, before the script runs again, when somebody touches the slider
    """
    _, height, width = image_shape
    frames = max(cell.frames for cell in cells)
    _component(
        key=key,
        data={
            "title": title,
            "hint": hint,
            "alt": title,
            "headed": headed,
            "columns": [column._asdict() for column in columns],
            "rows": [cell.to_json(count) for cell in cells],
            "count": count,
            "width": width,
            "height": height,
            "follow": [Follow(slider, frames)._asdict()] if slider else [],
            "asks": bool(ask),
        },
        on_touched_change=ask or (lambda: None),
    )
