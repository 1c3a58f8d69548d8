"""Numbers as text that a page's scripts read back: base64 of float16, or of int8 with scales."""

from base64 import b64encode
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ballgen.webpage.layers import Layer

Packed = dict[str, Any]
LARGEST = 65504.0  # of a float16


def pack(numbers: Tensor) -> Packed:
    """Any numbers as float16: three to four digits of each, up to its largest."""
    return {"half": _text(numbers.clamp(-LARGEST, LARGEST).numpy().astype("<f2"))}


def pack_bytes(numbers: Tensor) -> Packed:
    """A matrix as int8, each row with a scale of its own: half the bytes of `pack`."""
    scales = numbers.abs().amax(1).clamp_min(1e-12) / 127
    rounded = (numbers / scales[:, None]).round().to(torch.int8)
    return {"bytes": _text(rounded.numpy()), "scales": _text(scales.numpy().astype("<f4"))}


def pack_layers(layers: list[Layer], small: bool) -> list[Packed]:
    """The layers as JSON; with `small` their matrices as int8."""
    packed = []
    for layer in layers:
        one: Packed = {"op": layer.op, "sizes": layer.sizes}
        if layer.matrix is not None:
            matrix = layer.matrix.contiguous()
            one["matrix"] = pack_bytes(matrix) if small else pack(matrix)
            one["bias"] = pack(layer.bias)
        packed.append(one)
    return packed


def rounded(layers: list[Layer], small: bool) -> list[Layer]:
    """The layers with the numbers that a page reads back from `pack_layers`."""
    return [
        layer
        if layer.matrix is None
        else layer._replace(matrix=_rounded(layer.matrix, small), bias=layer.bias.half().float())
        for layer in layers
    ]


def _rounded(matrix: Tensor, small: bool) -> Tensor:
    if not small:
        return matrix.half().float()
    scales = matrix.abs().amax(1, keepdim=True).clamp_min(1e-12) / 127
    return (matrix / scales).round() * scales


def _text(array: np.ndarray) -> str:
    return b64encode(np.ascontiguousarray(array).tobytes()).decode()
