from __future__ import annotations

import io

import numpy as np
from PIL import Image

from ballgen.ui.shell import ICON
from benchmarks.icon import SIZE, draw_icon


def test_the_icon_is_a_ball_on_nothing():
    for content in (ICON.read_bytes(), draw_icon()):
        image = Image.open(io.BytesIO(content))
        assert (image.format, image.mode, image.size) == ("PNG", "RGBA", (SIZE, SIZE))
        pixels = np.asarray(image)
        assert pixels[0, 0, 3] == 0
        red, green, blue, alpha = pixels[SIZE // 2, SIZE // 3]
        assert alpha == 255
        assert red > green > blue
