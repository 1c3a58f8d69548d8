"""Lets torchvision be imported beside a CPU build of torch.

torchvision's wheel carries compiled operators that need CUDA. Beside a CPU torch they do not
load, and the import then stops where the meta kernels of two of them are registered. ballgen uses
none of these operators: declaring their schemas is all that the import needs.
"""

import importlib
import sys
from types import ModuleType

import torch

_KEEP_ALIVE = []  # a torch Library drops its schemas when it is collected


def import_torchvision(submodule: str = "") -> ModuleType:
    """Import torchvision, or `torchvision.<submodule>`, on any build of torch."""
    try:
        importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::nms does not exist" not in str(error):
            raise
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        library = torch.library.Library("torchvision", "DEF")
        library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _KEEP_ALIVE.append(library)
    return importlib.import_module(f"torchvision.{submodule}" if submodule else "torchvision")
