"""Small images, enlarged by whole factors so that every pixel stays a square.

The browser lays them out: it alone knows how wide a column is and how fine the screen.
"""

import base64
import io
from typing import NamedTuple

from ballgen.data.sheets import Images, contact_sheet
from ballgen.ui.widgets import component

SHEET_COLUMNS = 16  # images side by side in a sheet's bytes

_component = component("image_sheet", '<div class="sheet rows" role="img"></div>', "rows", "follow")


class Sheet(NamedTuple):
    """Images that belong together: a row of a grid, or the frames of a film.

    content  from `to_sheet`, in reading order
    label    stands beside them; "" for none
    colour   of the label's edge, #rrggbb
    """

    content: bytes
    label: str = ""
    colour: str = "transparent"

    def to_json(self) -> dict[str, str]:
        """As the components take it."""
        content = base64.b64encode(self.content).decode()
        return {"label": self.label, "colour": self.colour, "sheet": content}


class Follow(NamedTuple):
    """Frames that the images show while somebody drags a slider of the page.

    slider  its key
    frames  how often `count` images stand in each sheet for it: evenly from its minimum to its
            maximum; 1 while there are only those of its present position
    first   how many frames stand before them
    value   of the slider at which frame 0 is shown; None if that is one of `frames` itself
    """

    slider: str
    frames: int = 1
    first: int = 0
    value: float | None = None


def to_sheet(images: Images) -> bytes:
    """Images (N, C, H, W), uint8 or in [0, 1], side by side, pixel for pixel: bytes of a WebP."""
    sheet = contact_sheet(images, columns=SHEET_COLUMNS, gap=0)
    buffer = io.BytesIO()
    # Without effort: balls take a tenth more bytes and a fifth of the time.
    sheet.convert("RGB").save(buffer, "WEBP", lossless=True, quality=0, method=0)
    return buffer.getvalue()


def show_images(
    rows: list[Sheet],
    count: int,
    image_shape: tuple[int, int, int],
    alt: str,
    key: str,
    follow: tuple[Follow, ...] = (),
    size: int | None = None,
) -> None:
    """Show `count` images per row.

    Rows wrap together where they are too wide, so that images of one column stay below each other.

    alt   is read aloud in place of the images
    size  px that an image may fill on the screen; by default small
    """
    _, height, width = image_shape
    frames = max((way.first + way.frames for way in follow), default=1)
    _component(
        key=key,
        data={
            "alt": alt,
            "count": count,
            "width": width,
            "height": height,
            "size": size,
            "sheetColumns": min(SHEET_COLUMNS, frames * count),
            "follow": [way._asdict() for way in follow],
            "rows": [row.to_json() for row in rows],
        },
    )
