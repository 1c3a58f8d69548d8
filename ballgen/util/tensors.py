"""Tensors on their way to a file."""

from __future__ import annotations

import torch
from torch import Tensor


def packed(tensors: dict[str, Tensor], half: bool = False) -> dict[str, Tensor]:
    """Tensors as safetensors wants them: on the CPU, contiguous, sharing no memory.

    half  store floating-point numbers as float16
    """

    def pack(tensor: Tensor) -> Tensor:
        tensor = tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
        return tensor.half() if half and tensor.is_floating_point() else tensor

    return {name: pack(tensor) for name, tensor in tensors.items()}
