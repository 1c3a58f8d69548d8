"""Arithmetic: float32, or bfloat16 where the processor has units for it."""

from __future__ import annotations

import torch


def choose_precision(wanted: str, device: torch.device) -> str:
    """ "fp32" or "bf16"; for "auto", bf16 where the processor has units for it.

    Asked of the processor, not of a stopwatch: the same machine always answers alike, so that a
    seed means the same run. Without such units bf16 is slower than fp32.
    """
    if wanted != "auto":
        return wanted
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    if device.type != "cpu":
        return "fp32"
    processor = torch.cpu.get_capabilities()
    units = any(processor.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return "bf16" if units else "fp32"


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """The context in which a step computes."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16")
