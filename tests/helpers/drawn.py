"""Single balls, and where they are in their images."""

from __future__ import annotations

import torch

from ballgen.data.sportballs.factors import CLASS_NAMES, BallSettings
from ballgen.data.sportballs.render import draw_balls

ALL = BallSettings(classes=CLASS_NAMES)
ALL_64 = BallSettings(image_size=64, classes=CLASS_NAMES)
EVERYTHING = BallSettings(
    image_size=64, classes=CLASS_NAMES, background="texture", rotation="full", balls=2
)


def one(name: str, x: float, y: float, diameter: float, angle: float = 0, size: int = 32):
    """The image of one ball, int64 (3, S, S)."""
    settings = BallSettings(image_size=size, classes=(name,))
    return draw_balls(torch.tensor([[0, x, y, diameter, angle]]), settings)[0].long()


def ink(image: torch.Tensor) -> torch.Tensor:
    """bool (S, S): where an image is visibly not white."""
    return image.amin(dim=0) < 246


def box(mask: torch.Tensor) -> tuple[int, int, int, int]:
    """Left, top, right and bottom edge of the true pixels, in px."""
    rows, columns = (mask.any(dim=axis).nonzero().flatten() for axis in (1, 0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def coverage(name: str, x: float, y: float, diameter: float) -> torch.Tensor:
    """float (S, S): the share of each pixel that a ball hides, seen before two backgrounds."""
    settings = BallSettings(classes=(name,), background="colour")
    row = [0, x, y, diameter, 0]
    first, second = draw_balls(torch.tensor([row + [5], row + [6]]), settings).double()
    far = draw_balls(torch.tensor([[0, 99.0, 99, 1, 0, 5], [0, 99, 99, 1, 0, 6]]), settings)
    apart = far[0].double() - far[1].double()
    channel = int(apart[:, 0, 0].abs().argmax())
    return 1 - ((first - second) / apart)[channel]
