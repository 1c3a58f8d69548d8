"""Arithmetic: float32, or bfloat16 where the processor is faster at it."""

from __future__ import annotations

import torch


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """The context in which a step computes."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16")


def compute_dtype(precision: str) -> torch.dtype:
    """What products are computed in."""
    return torch.bfloat16 if precision == "bf16" else torch.float32


def memory_format(precision: str) -> torch.memory_format:
    """Channels last doubles float32 convolutions on a CPU and adds nothing to bfloat16."""
    return torch.channels_last if precision == "fp32" else torch.contiguous_format
