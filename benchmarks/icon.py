"""The tab's icon, drawn by ballgen's own ball drawer: python -m benchmarks.icon

It is a file, because drawing would hold up the first page and a named icon would be fetched from a
foreign host.
"""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image

from ballgen.data.sheets import to_png
from ballgen.data.sportballs.render import BallSettings, draw_balls
from ballgen.ui.shell import ICON

SIZE, ENLARGED = 64, 128  # px


def draw_icon() -> bytes:
    """A basketball on nothing, as the bytes of a PNG file."""
    settings = BallSettings(image_size=ENLARGED, classes=("basketball",), rotation="full")
    centre, diameter = ENLARGED / 2, ENLARGED - 2
    factors = torch.tensor([[0, centre, centre, diameter, -25, 0, 30]])
    ball = draw_balls(factors, settings)[0].permute(1, 2, 0).numpy()
    middle = np.arange(ENLARGED) + 0.5 - centre
    inside = diameter / 2 - np.hypot(middle, middle[:, None])  # px from the edge
    alpha = (inside.clip(0, 1) * 255).round().astype(np.uint8)
    image = Image.fromarray(np.dstack([ball, alpha]), "RGBA")
    return to_png(image.resize((SIZE, SIZE), Image.Resampling.LANCZOS))


if __name__ == "__main__":
    ICON.parent.mkdir(exist_ok=True)
    ICON.write_bytes(draw_icon())
