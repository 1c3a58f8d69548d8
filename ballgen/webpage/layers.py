"""A decoder as a list of layers that a web page runs: `decoder.js` knows the same operations.

Batch norms stand still in a trained model, so each is folded into the weights before it.
"""

from copy import deepcopy
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ballgen.errors import InputError
from ballgen.models import Model
from ballgen.models.dcgan import Generator, SelfModulatedBatchNorm
from ballgen.models.networks import (
    ConvDecoder,
    DenseDecoder,
    Geometry,
    Modulation,
    ResidualBlock,
    ResidualDecoder,
)

TOLERANCE = 2 / 255  # of a number of an image: nobody sees it


class Layer(NamedTuple):
    """One operation on feature maps (C, H, W).

    op      linear    matrix (C·H·W, inputs): a vector, or the code, becomes maps of shape `sizes`
            up        matrix (C·16, inputs): a transposed convolution, kernel 4, stride 2, padding 1
            conv      matrix (C, inputs·9): a convolution, kernel 3, padding 1
            modulate  matrix (C, D) or (2·C, D): the code gives each map a gain, less one, and with
                      2·C a shift
            silu, relu, sigmoid
            keep, add what a residual block begins with, and what it ends with
            crop      to `sizes` (top, left, height, width)
    bias    (C,), of `linear` one for each row of the matrix; () where there is no matrix
    """

    op: str
    matrix: Tensor | None = None
    bias: Tensor | None = None
    sizes: tuple[int, ...] = ()


def decoder_layers(model: Model) -> list[Layer]:
    """The layers that turn a model's codes into its images.

    Raises `InputError` for a decoder whose layers a page does not know.
    """
    network = getattr(model, "generator", None) or getattr(model, "decoder", None)
    readers = {
        ConvDecoder: _conv_decoder,
        ResidualDecoder: _conv_decoder,
        DenseDecoder: _dense_decoder,
        Generator: _generator,
    }
    if type(network) not in readers:
        raise InputError(
            f"a web page cannot run the decoder of this {model.family}: it knows those of "
            "ballgen.models.networks and dcgan; write --format onnx instead"
        )
    return readers[type(network)](deepcopy(network).requires_grad_(False))


def check_layers(layers: list[Layer], model: Model, codes: Tensor) -> None:
    """Raises `InputError` unless the layers make the model's own images of codes (N, D)."""
    error = float((run_layers(layers, codes) - model.decode(codes)).abs().max())
    if not error <= TOLERANCE:  # nor if it is undefined
        raise InputError(
            f"a web page would draw other images than this {model.family} (by {255 * error:.0f} of "
            "255): write --format onnx instead"
        )


@torch.no_grad()
def run_layers(layers: list[Layer], codes: Tensor) -> Tensor:
    """Images (N, C, H, W) of codes (N, D), as a page computes them."""
    x, kept = codes, codes
    for op, matrix, bias, sizes in layers:
        match op:
            case "linear":
                x = F.linear(x.flatten(1), matrix, bias).unflatten(1, sizes)
            case "up":
                weight = matrix.T.unflatten(1, (-1, 4, 4))
                x = F.conv_transpose2d(x, weight, bias, stride=2, padding=1)
            case "conv":
                x = F.conv2d(x, matrix.unflatten(1, (-1, 3, 3)), bias, padding=1)
            case "modulate":
                numbers = F.linear(codes, matrix, bias)[..., None, None]
                gain, *shift = numbers.split(x.shape[1], dim=1)
                x = x * (1 + gain) + (shift[0] if shift else 0)
            case "keep":
                kept = x
            case "add":
                x = x + kept
            case "crop":
                top, left, height, width = sizes
                x = x[..., top : top + height, left : left + width]
            case "silu":
                x = F.silu(x)
            case "relu":
                x = x.relu()
            case "sigmoid":
                x = x.sigmoid()
    return x


def _conv_decoder(decoder: ConvDecoder) -> list[Layer]:
    geometry = decoder.geometry
    *hidden, last = _layers(decoder.stem)
    stem = [*hidden, last._replace(sizes=(geometry.widths[-1], *geometry.coarse))]
    return [*stem, *_layers(decoder.body), *_crop(geometry), Layer("sigmoid")]


def _dense_decoder(decoder: DenseDecoder) -> list[Layer]:
    *hidden, last = _layers(decoder.body)
    return [*hidden, last._replace(sizes=decoder.image_shape), Layer("sigmoid")]


def _generator(generator: Generator) -> list[Layer]:
    geometry, stem = generator.geometry, generator.stem
    shape = (stem.out_channels, *geometry.coarse)
    layers = [Layer("linear", stem.weight.flatten(1).T, torch.zeros(stem.weight[0].numel()), shape)]
    for module in generator.body:
        if isinstance(module, nn.BatchNorm2d | SelfModulatedBatchNorm):
            layers[-1] = _fold(getattr(module, "norm", module), layers[-1])
            if isinstance(module, Modulation):
                layers += _layers(module)
        elif isinstance(module, nn.Tanh):  # tanh(x) / 2 + ½ is the sigmoid of 2 x
            last = layers[-1]
            layers[-1] = last._replace(matrix=2 * last.matrix, bias=2 * last.bias)
        else:
            layers += _layers(module)
    return [*layers, *_crop(geometry), Layer("sigmoid")]


def _layers(module: nn.Module) -> list[Layer]:
    match module:
        case nn.Sequential():
            return [layer for part in module for layer in _layers(part)]
        case ResidualBlock(scale=scale):
            *first, last = _layers(module.body)
            last = last._replace(matrix=scale[:, None] * last.matrix, bias=scale * last.bias)
            return [Layer("keep"), *first, last, Layer("add")]
        case Modulation(gain_and_shift=linear):
            return [Layer("modulate", linear.weight, linear.bias)]
        case nn.SiLU():
            return [Layer("silu")]
        case nn.ReLU():
            return [Layer("relu")]
        case nn.Linear():
            return [Layer("linear", module.weight, module.bias, (module.out_features, 1, 1))]
        case nn.ConvTranspose2d():
            bias = torch.zeros(module.out_channels) if module.bias is None else module.bias
            return [Layer("up", module.weight.flatten(1).T, bias)]
        case nn.Conv2d():
            return [Layer("conv", module.weight.flatten(1), module.bias)]
    raise InputError(f"a web page has no layer {type(module).__name__}: write --format onnx")


def _fold(norm: nn.BatchNorm2d, layer: Layer) -> Layer:
    """The layer with the batch norm that follows it."""
    gain = (norm.running_var + norm.eps).rsqrt() * (norm.weight if norm.affine else 1)
    shift = (norm.bias if norm.affine else 0) - norm.running_mean * gain
    if layer.op == "linear":  # its biases are as many as its rows
        size = len(layer.bias) // len(gain)
        gain, shift = gain.repeat_interleave(size), shift.repeat_interleave(size)
    rows = gain.repeat_interleave(len(layer.matrix) // len(gain))
    return layer._replace(matrix=rows[:, None] * layer.matrix, bias=gain * layer.bias + shift)


def _crop(geometry: Geometry) -> list[Layer]:
    across, down = geometry.padding
    sizes = (down // 2, across // 2, geometry.height, geometry.width)
    return [Layer("crop", sizes=sizes)] if across or down else []
