"""Features from fixed random convolutions: a second opinion that no training has narrowed.

A trained network sees what it was trained on; random filters see a little of everything, on any
kind of image. Randomly initialised networks as a feature space: Naeem et al. 2020, arXiv
2002.09797. The weights come from the raw bits of a counter-based generator, so they are the same
on every machine and under every version of the libraries.
"""

from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

KEY = 20240519  # any number: it names this one network
FILTERS = 16  # per layer
SCALES = 3  # halvings of the image that are looked at, its own size included
GRID = 2  # cells per side that responses are averaged over, so that place matters


class Uniform:
    """A stream of uniform numbers, bit for bit the same everywhere."""

    def __init__(self, key: int) -> None:
        self.bits = np.random.Philox(key=key)

    def __call__(self, *shape: int, low: float = -1.0, high: float = 1.0) -> Tensor:
        """float64 numbers in [low, high), of the given shape."""
        raw = self.bits.random_raw(int(np.prod(shape)))
        unit = torch.from_numpy((raw >> np.uint64(11)).astype(np.float64) * 2.0**-53)
        return low + (high - low) * unit.reshape(shape)


class RandomNetwork(torch.nn.Module):
    """Images (N, 3, H, W) in [0, 1] → (N, 192) features, about 0 ± 1 each."""

    def __init__(self) -> None:
        super().__init__()
        uniform = Uniform(KEY)
        first = uniform(SCALES, FILTERS, 3, 3, 3)
        # Without their mean, filters answer to structure and not to brightness.
        first = first - first.mean(dim=(2, 3, 4), keepdim=True)
        second = uniform(SCALES, FILTERS, FILTERS, 3, 3)
        self.register_buffer("first", first.float())
        self.register_buffer("second", second.float() / FILTERS**0.5)
        self.register_buffer("mean", torch.tensor(0.0))
        self.register_buffer("sd", torch.tensor(1.0))
        leaves = self(dead_leaves(256, 32, uniform))
        self.mean, self.sd = leaves.mean(0), leaves.std(0)

    @torch.inference_mode()
    def forward(self, images: Tensor) -> Tensor:
        cells = []
        for first, second in zip(self.first, self.second, strict=True):
            x = F.relu(F.conv2d(F.pad(images, (1, 1, 1, 1), mode="replicate"), first))
            x = F.relu(F.conv2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), second))
            cells.append(F.adaptive_avg_pool2d(x, GRID).flatten(1))  # (N, FILTERS · GRID²)
            images = F.avg_pool2d(images, 2)
        return (torch.cat(cells, dim=1) - self.mean) / self.sd


def dead_leaves(count: int, size: int, uniform: Uniform, leaves: int = 24) -> Tensor:
    """Images (count, 3, size, size) of coloured discs that hide one another.

    The simplest model with the edges and scales of natural images (Lee, Mumford & Huang 2001).
    Only its spread is used here, to bring every feature to one scale.
    """
    images = uniform(count, 3, 1, 1, low=0).expand(-1, -1, size, size)
    axis = torch.arange(size) + 0.5
    for _ in range(leaves):
        x, y = uniform(2, count, 1, 1, low=0, high=size)
        radius = size / 16 / uniform(count, 1, 1, low=1 / 8, high=1)  # many small, few large
        inside = (axis[None, None] - x) ** 2 + (axis[None, :, None] - y) ** 2 < radius**2
        images = torch.where(inside[:, None], uniform(count, 3, 1, 1, low=0), images)
    return images.float()


@cache
def random_network() -> RandomNetwork:
    """The one random network."""
    return RandomNetwork().eval()
