"""What a training computes on: device, processes and their shares of a batch, and precision."""

import math
import os
from typing import Any

import torch
from accelerate import Accelerator, DistributedDataParallelKwargs, PartialState
from accelerate.utils import broadcast_object_list
from torch import Tensor


def get_accelerator() -> Accelerator:
    """The device and the processes that take part: one, or as many as `torchrun` started."""
    device = torch.accelerator.current_accelerator(check_available=True)
    several = int(os.environ.get("WORLD_SIZE", 1)) > 1
    return Accelerator(
        # Processes on CPUs find each other only if Accelerate is told; else each would train all by
        # itself. Those on Apple's GPU have no way to talk, so there several take the CPU.
        cpu=device is None or (several and device.type == "mps"),
        mixed_precision="no",  # each run chooses its own; Accelerate's choice is for the process
        # Each process keeps its own batch norm statistics: sending them would break the gradient
        # of a discriminator that is called twice in a step.
        kwargs_handlers=[DistributedDataParallelKwargs(broadcast_buffers=False)],
    )


def share(rows: Tensor, rank: int, world: int) -> Tensor:
    """Which of a batch's rows (N,) process `rank` of `world` takes: at least one of them.

    All shares are equally long, since their gradients weigh alike; the first rows fill up what
    lacks.
    """
    places = torch.arange(rank, math.ceil(len(rows) / world) * world, world)
    return rows[places % len(rows)]


def agreed(*values: Any) -> list[Any]:
    """The first process's values, for all: if they differed, some would wait for ever."""
    if PartialState().num_processes == 1:
        return list(values)
    return broadcast_object_list(list(values))


# --- precision: float32, or bfloat16 where the processor has units for it -------------------------


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
