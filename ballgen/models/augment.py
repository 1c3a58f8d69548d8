"""Pictures changed at random, so that few of them are not memorised.

A critic's two inputs change alike (Zhao et al. 2020, DiffAugment): it never sees a picture unmoved;
and because real and generated pictures undergo the same, the generator does not learn the moves.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def augment(kind: str, images: Tensor, reach: float, generator: torch.Generator) -> Tensor:
    """Change images (N, C, H, W) at random: "none", "translation", or "diffaugment" (all three).

    reach  share of the side that a picture is moved by at most, in either direction
    """
    if kind == "none":
        return images
    if kind == "diffaugment":
        images = cutout(colour(images, generator), generator)
    height, width = images.shape[2:]
    return translate(images, generator, round(height * reach), round(width * reach))


def translate(images: Tensor, generator: torch.Generator, down: int, right: int) -> Tensor:
    """Move each picture by up to so many pixels in either direction, repeating the border."""
    count, _, height, width = images.shape
    padded = F.pad(images, (right, right, down, down), mode="replicate")
    top = torch.randint(0, 2 * down + 1, (count, 1), generator=generator)
    left = torch.randint(0, 2 * right + 1, (count, 1), generator=generator)
    rows = (top + torch.arange(height)).to(images.device)  # (N, H)
    columns = (left + torch.arange(width)).to(images.device)  # (N, W)
    which = torch.arange(count, device=images.device)[:, None, None]
    picked = padded.permute(0, 2, 3, 1)[which, rows[:, :, None], columns[:, None, :]]
    return picked.permute(0, 3, 1, 2)  # (N, C, H, W)


def colour(images: Tensor, generator: torch.Generator) -> Tensor:
    """Change brightness, saturation and contrast of each picture."""
    brightness, saturation, contrast = (
        torch.rand(len(images), 1, 1, 1, generator=generator).to(images.device) for _ in range(3)
    )
    images = images + (brightness - 0.5) / 2
    gray = images.mean(1, keepdim=True)
    images = gray + (images - gray) * (2 * saturation)
    mean = images.mean((1, 2, 3), keepdim=True)
    return mean + (images - mean) * (contrast + 0.5)


def cutout(images: Tensor, generator: torch.Generator) -> Tensor:
    """Gray out one square of half the side in each picture."""
    count, _, height, width = images.shape
    centre_y = torch.randint(0, height + 1, (count, 1), generator=generator)
    centre_x = torch.randint(0, width + 1, (count, 1), generator=generator)
    rows = (torch.arange(height) - centre_y).abs() < height // 4  # (N, H)
    columns = (torch.arange(width) - centre_x).abs() < width // 4  # (N, W)
    hole = (rows[:, None, :, None] & columns[:, None, None, :]).to(images.device)
    return images.masked_fill(hole, 0.5)
