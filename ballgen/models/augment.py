"""Images moved and mirrored at random, so that few of them are not memorised.

A discriminator's two inputs move alike (Zhao et al. 2020, DiffAugment): because real and generated
images undergo the same, the generator does not learn the moves.
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def translate(images: Tensor, generator: torch.Generator, down: int, right: int) -> Tensor:
    """Images (N, C, H, W), each moved by up to so many px either way, its border repeated."""
    if not (down or right):
        return images
    count, _, height, width = images.shape
    padded = F.pad(images, (right, right, down, down), mode="replicate")
    top = torch.randint(0, 2 * down + 1, (count, 1), generator=generator)
    left = torch.randint(0, 2 * right + 1, (count, 1), generator=generator)
    rows = (top + torch.arange(height)).to(images.device)  # (N, H)
    columns = (left + torch.arange(width)).to(images.device)  # (N, W)
    which = torch.arange(count, device=images.device)[:, None, None]
    picked = padded.permute(0, 2, 3, 1)[which, rows[:, :, None], columns[:, None, :]]
    return picked.permute(0, 3, 1, 2)  # (N, C, H, W)


def mirror(images: Tensor, generator: torch.Generator) -> Tensor:
    """Images (N, C, H, W), each with its sides swapped in one of two cases."""
    chosen = torch.rand(len(images), generator=generator).to(images.device) < 0.5
    return torch.where(chosen[:, None, None, None], images.flip(3), images)


def translate_by_share(images: Tensor, generator: torch.Generator, share: float) -> Tensor:
    """The same by up to this share of the images' sides."""
    height, width = images.shape[2:]
    return translate(images, generator, round(height * share), round(width * share))
