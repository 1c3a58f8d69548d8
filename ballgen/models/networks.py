"""The networks: encoders from images to vectors, decoders from vectors to images.

A size is an argument, never a class of its own. Shapes: N images, C channels, H×W px, D latent
dimensions.
"""

from itertools import pairwise
from math import prod, sqrt

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ballgen.recipes import DenseNetwork, ImageNetwork, ResidualNetwork

ImageShape = tuple[int, int, int]  # (C, H, W)
DARKEST = 0.02  # a mean colour is taken to be so far from black and white, at least
HIDDEN = 4  # units of the hidden layer at the code, for each channel of the width
COARSEST = 4  # px: halving stops before a side falls below this


def padded_size(size: int) -> int:
    """The multiple of eight that a side of `size` px is padded to: 28 becomes 32."""
    return -(-size // 8) * 8


def halvings(size: int) -> int:
    """How often a padded side can be halved: 32 → 3 (down to 4 px), 40 → 3 (5), 64 → 4 (4)."""
    count = 0
    while size % 2 == 0 and size // 2 >= COARSEST:
        size, count = size // 2, count + 1
    return count


def build_encoder(network: ImageNetwork, image_shape: ImageShape, outputs: int) -> nn.Module:
    """The recipe's network from images (N, C, H, W) to vectors (N, outputs)."""
    if isinstance(network, DenseNetwork):
        return DenseEncoder(image_shape, outputs, network.hidden)
    encoder = ResidualEncoder if isinstance(network, ResidualNetwork) else ConvEncoder
    return encoder(image_shape, outputs, network.width)


def build_decoder(network: ImageNetwork, image_shape: ImageShape) -> nn.Module:
    """The recipe's network from latent codes (N, D) to images (N, C, H, W)."""
    if isinstance(network, DenseNetwork):
        return DenseDecoder(network.latent_dim, image_shape, network.hidden)
    decoder = ResidualDecoder if isinstance(network, ResidualNetwork) else ConvDecoder
    return decoder(network.latent_dim, image_shape, network.width)


class Geometry:
    """Sizes that encoder and decoder of one image shape agree on.

    widths  channels per resolution, finest first: each half has twice as many, at most 8 × width
    """

    def __init__(self, image_shape: ImageShape, width: int) -> None:
        self.channels, self.height, self.width = image_shape
        rows, columns = padded_size(self.height), padded_size(self.width)
        levels = halvings(min(rows, columns))
        self.padding = (columns - self.width, rows - self.height)
        self.coarse = (rows // 2**levels, columns // 2**levels)
        self.widths = [width * min(2**level, 8) for level in range(levels)]

    def pad(self, images: Tensor) -> Tensor:
        """Repeat the border until both sides fit: (N, C, H, W) → (N, C, H', W')."""
        x, y = self.padding
        if not (x or y):
            return images
        return F.pad(images, (x // 2, x - x // 2, y // 2, y - y // 2), mode="replicate")

    def crop(self, images: Tensor) -> Tensor:
        """Undo `pad`."""
        left, top = self.padding[0] // 2, self.padding[1] // 2
        return images[..., top : top + self.height, left : left + self.width]


class ConvEncoder(nn.Module):
    """Images (N, C, H, W) → vectors (N, outputs), halving the sides with k4 s2 convolutions."""

    def __init__(self, image_shape: ImageShape, outputs: int, width: int) -> None:
        super().__init__()
        self.geometry = geometry = Geometry(image_shape, width)
        layers, channels = [], geometry.channels
        for level_width in geometry.widths:
            layers += [nn.Conv2d(channels, level_width, 4, stride=2, padding=1), nn.SiLU()]
            channels = level_width
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(channels * geometry.coarse[0] * geometry.coarse[1], outputs)
        self.apply(_he_init)

    def forward(self, images: Tensor) -> Tensor:
        features = self.body(self.geometry.pad(images) * 2 - 1)  # (N, C', H', W')
        return self.head(features.flatten(1))


class ConvDecoder(nn.Module):
    """Vectors (N, D) → images (N, C, H, W) in (0, 1), doubling the sides with k4 s2 convolutions.

    Transposed convolutions rather than resize-then-convolve, which costs three times as much on a
    CPU; a kernel of twice the stride leaves no checkerboard.
    """

    def __init__(self, inputs: int, image_shape: ImageShape, width: int) -> None:
        super().__init__()
        self.geometry = geometry = Geometry(image_shape, width)
        deepest = geometry.widths[-1]
        self.stem = nn.Linear(inputs, deepest * geometry.coarse[0] * geometry.coarse[1])
        layers, channels = [], deepest
        for outputs in [*reversed(geometry.widths[:-1]), geometry.channels]:
            layers += [nn.SiLU(), nn.ConvTranspose2d(channels, outputs, 4, stride=2, padding=1)]
            channels = outputs
        self.body = nn.Sequential(*layers)
        self.apply(_he_init)

    @torch.no_grad()
    def init_output_bias(self, colour: Tensor) -> None:
        """Start around this colour (C,) in [0, 1]: the images' mean.

        From gray, the first steps on mostly white images may drive the sigmoid so far that no
        gradient comes back.
        """
        self.body[-1].bias.copy_(torch.logit(colour, eps=DARKEST))

    def forward(self, codes: Tensor) -> Tensor:
        x = self.stem(codes).unflatten(1, (-1, *self.geometry.coarse))  # (N, C', H', W')
        return self.geometry.crop(torch.sigmoid(self.body(x)))


class Modulation(nn.Module):
    """Maps (N, channels, H, W), whose gain, and shift, the latent codes (N, inputs) set.

    Begins near the maps as they are. Perez et al. 2018 (FiLM); Chen et al. 2019 (of a generator by
    its own code).
    """

    def __init__(self, inputs: int, channels: int, shift: bool = True) -> None:
        super().__init__()
        self.gain_and_shift = nn.Linear(inputs, (1 + shift) * channels)
        self.reset()

    def reset(self) -> None:
        init_normal(self.gain_and_shift.weight, 0, 0.02)
        nn.init.zeros_(self.gain_and_shift.bias)

    def forward(self, maps: Tensor, codes: Tensor) -> Tensor:
        gain, *shift = self.gain_and_shift(codes)[..., None, None].split(maps.shape[1], dim=1)
        maps = maps * (1 + gain)
        return maps + shift[0] if shift else maps


class ModulatedSequential(nn.Sequential):
    """Layers one after another; those that are modulated see the latent codes (N, D) too."""

    def forward(self, maps: Tensor, codes: Tensor) -> Tensor:
        for layer in self:
            maps = layer(maps, codes) if isinstance(layer, Modulation) else layer(maps)
        return maps


class ResidualBlock(nn.Module):
    """Maps (N, channels, H, W) → maps: what two convolutions add to them (He et al. 2016).

    Begins with a fifth of it, so that the maps pass as they are.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        first, second = (nn.Conv2d(channels, channels, 3, padding=1) for _ in range(2))
        self.body = nn.Sequential(nn.SiLU(), first, nn.SiLU(), second)
        self.scale = nn.Parameter(torch.full((channels,), 0.2))

    def forward(self, maps: Tensor) -> Tensor:
        return maps + self.scale.to(maps.dtype)[:, None, None] * self.body(maps)


class ResidualEncoder(nn.Module):
    """`ConvEncoder` with a residual block at twice its coarsest resolution and a hidden layer
    between maps and code: images (N, C, H, W) → vectors (N, outputs).
    """

    def __init__(self, image_shape: ImageShape, outputs: int, width: int) -> None:
        super().__init__()
        self.geometry = geometry = Geometry(image_shape, width)
        layers, channels = [], geometry.channels
        for level, level_width in enumerate(geometry.widths, start=2):
            layers.append(nn.Conv2d(channels, level_width, 4, stride=2, padding=1))
            layers += [ResidualBlock(level_width)] if level == len(geometry.widths) else []
            layers.append(nn.SiLU())
            channels = level_width
        self.body = nn.Sequential(*layers)
        inputs, hidden = channels * prod(geometry.coarse), HIDDEN * width
        self.head = nn.Sequential(nn.Linear(inputs, hidden), nn.SiLU(), nn.Linear(hidden, outputs))
        self.apply(_he_init)

    def forward(self, images: Tensor) -> Tensor:
        features = self.body(self.geometry.pad(images) * 2 - 1)  # (N, C', H', W')
        return self.head(features.flatten(1))


class ResidualDecoder(ConvDecoder):
    """`ConvDecoder` with what `ResidualEncoder` has, maps that the code modulates at every
    resolution, and one more layer at full resolution, for lines thinner than a pixel.
    """

    def __init__(self, inputs: int, image_shape: ImageShape, width: int) -> None:
        nn.Module.__init__(self)
        self.geometry = geometry = Geometry(image_shape, width)
        channels, hidden = geometry.widths[-1], HIDDEN * width
        self.stem = nn.Sequential(
            nn.Linear(inputs, hidden),
            nn.SiLU(),
            nn.Linear(hidden, channels * prod(geometry.coarse)),
        )
        layers: list[nn.Module] = []
        for level, outputs in enumerate([*geometry.widths[-2::-1], max(width // 3, 1)]):
            layers += [Modulation(inputs, channels, shift=False), nn.SiLU()]
            layers.append(nn.ConvTranspose2d(channels, outputs, 4, stride=2, padding=1))
            layers += [ResidualBlock(outputs)] if level == 0 < len(geometry.widths) - 1 else []
            channels = outputs
        layers += [nn.SiLU(), nn.Conv2d(channels, geometry.channels, 3, padding=1)]
        self.body = ModulatedSequential(*layers)
        self.apply(_he_init)

    def forward(self, codes: Tensor) -> Tensor:
        x = self.stem(codes).unflatten(1, (-1, *self.geometry.coarse))  # (N, C', H', W')
        return self.geometry.crop(torch.sigmoid(self.body(x, codes)))


def dense_stack(sizes: list[int]) -> nn.Sequential:
    """Linear layers of the given sizes with ReLU between them."""
    layers: list[nn.Module] = []
    for i, (inputs, outputs) in enumerate(pairwise(sizes)):
        layers += [nn.ReLU()] * (i > 0) + [nn.Linear(inputs, outputs)]
    return nn.Sequential(*layers)


class DenseEncoder(nn.Module):
    """Images (N, C, H, W) → vectors (N, outputs) through fully connected layers (Lab 4)."""

    def __init__(self, image_shape: ImageShape, outputs: int, hidden: tuple[int, ...]) -> None:
        super().__init__()
        pixels = image_shape[0] * image_shape[1] * image_shape[2]
        self.body = dense_stack([pixels, *hidden, outputs])

    def forward(self, images: Tensor) -> Tensor:
        return self.body(images.flatten(1))


class DenseDecoder(nn.Module):
    """Vectors (N, inputs) → images (N, C, H, W) in (0, 1), the mirrored dense encoder (Lab 4)."""

    def __init__(self, inputs: int, image_shape: ImageShape, hidden: tuple[int, ...]) -> None:
        super().__init__()
        self.image_shape = image_shape
        pixels = image_shape[0] * image_shape[1] * image_shape[2]
        self.body = dense_stack([inputs, *reversed(hidden), pixels])

    def forward(self, codes: Tensor) -> Tensor:
        return torch.sigmoid(self.body(codes)).unflatten(1, self.image_shape)


def init_normal(weight: Tensor, mean: float, sd: float) -> None:
    """Fill a weight with normal numbers, unless it has none: on the device "meta".

    Torch would import for two seconds there, and a checkpoint is opened so.
    """
    if not weight.is_meta:
        nn.init.normal_(weight, mean, sd)


def _he_init(module: nn.Module) -> None:
    """Weights that leave the size of what passes through as it is (He et al. 2015), biases 0.

    A number out of a transposed convolution has only 1 / stride² of the kernel behind it.
    """
    if isinstance(module, Modulation):  # its parts came before it
        return module.reset()
    if isinstance(module, nn.Conv2d | nn.Linear):
        behind = module.weight[0].numel()
    elif isinstance(module, nn.ConvTranspose2d):
        behind = module.weight[:, 0].numel() / prod(module.stride)
    else:
        return
    init_normal(module.weight, 0, sqrt(2 / behind))
    nn.init.zeros_(module.bias)
