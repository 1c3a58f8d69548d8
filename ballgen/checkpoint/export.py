"""Models for other programs: ONNX and one-file safetensors."""

import contextlib
import io
import json
import logging
import warnings
from pathlib import Path

import torch
from safetensors.torch import save as save_tensors
from torch import Tensor, nn

from ballgen.checkpoint.folder import packed
from ballgen.errors import InputError
from ballgen.models import Model
from ballgen.util.files import write_file


def export(model: Model, form: str, path: Path) -> None:
    """Write the decoder as ONNX, or all weights as one safetensors file. Raises `InputError`.

    onnx         input `codes` float32 (N, D), output `images` float32 (N, C, H, W) in [0, 1];
                 any N
    safetensors  the whole model's weights; the header holds recipe, shape and classes as JSON
    """
    formats = {"onnx": onnx_bytes, "safetensors": safetensors_bytes}
    if form not in formats:
        raise InputError(f"unknown format {form!r}: choose from {', '.join(formats)}")
    write_file(path, formats[form](model))


class _Decoder(nn.Module):
    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model

    def forward(self, codes: Tensor) -> Tensor:
        return self.model.to_images(codes)


def onnx_bytes(model: Model) -> bytes:
    """The decoder as an ONNX graph whose batch size is free."""
    # Two example codes: with one, the exporter would take the batch size for a constant.
    codes = torch.zeros(2, model.latent_dim)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # the exporter's notes are about its own insides
        program = torch.onnx.export(
            _Decoder(model.eval()),
            (codes,),
            input_names=["codes"],
            output_names=["images"],
            dynamic_shapes={"codes": {0: torch.export.Dim("count")}},
            dynamo=True,
        )
    return program.model_proto.SerializeToString()


def safetensors_bytes(model: Model) -> bytes:
    """All weights, with what rebuilds the model in the header."""
    header = {
        "recipe": model.recipe.to_dict(),
        "image_shape": list(model.image_shape),
        "class_names": list(model.class_names),
        "class_shares": model.class_shares.tolist(),
    }
    return save_tensors(packed(model.state_dict()), metadata={"ballgen": json.dumps(header)})
