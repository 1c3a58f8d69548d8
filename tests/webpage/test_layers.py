"""A decoder as layers of a page makes the same images as the model."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ballgen.errors import InputError
from ballgen.models import Model, build_model
from ballgen.recipes import get_recipe
from ballgen.webpage.layers import TOLERANCE, check_layers, decoder_layers, run_layers
from ballgen.webpage.packing import rounded

KINDS = (
    ("ae", (3, 32, 32)),
    ("vae", (1, 28, 28)),
    ("vae-long", (3, 40, 40)),
    ("gan", (3, 40, 40)),
    ("gan", (1, 28, 28)),
    ("lab4-vae", (1, 28, 28)),
    ("lab4-gan", (3, 64, 64)),
)


def any_model(name: str, shape: tuple[int, int, int]) -> Model:
    """One whose batch norms have seen something, and whose biases are not zero."""
    recipe = get_recipe(name)
    narrow = {} if name in ("lab4-ae", "lab4-vae") else {"network.width": 4}
    model = build_model(recipe.changed(narrow), shape, ("a", "b", "c")).eval()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
            if name.endswith("bias") or name.endswith("running_mean"):
                tensor.copy_(0.3 * torch.randn(tensor.shape, generator=generator))
            elif name.endswith("running_var"):
                tensor.copy_(0.5 + torch.rand(tensor.shape, generator=generator))
            elif name.startswith("generator") and tensor.ndim == 4:
                tensor.mul_(5)  # DCGAN's first weights make all images nearly alike
    return model


@pytest.mark.parametrize(("name", "shape"), KINDS)
def test_the_layers_make_the_models_own_images(name, shape):
    model = any_model(name, shape)
    codes = model.sample_codes(8, 3, "normal")
    images = model.decode(codes)
    assert images.std() > 0.02
    layers = decoder_layers(model)
    assert (run_layers(layers, codes) - images).abs().max() < 1e-4
    assert (run_layers(rounded(layers, small=False), codes) - images).abs().max() < TOLERANCE
    # Eight bits show, but little on average.
    assert 0 < (run_layers(rounded(layers, small=True), codes) - images).abs().mean() < TOLERANCE
    check_layers(layers, model, codes)


def test_a_decoder_that_a_page_does_not_know_is_one_line():
    model = any_model("ae", (3, 32, 32))
    model.decoder = nn.Sequential(nn.Linear(48, 3072), nn.Unflatten(1, (3, 32, 32)))
    with pytest.raises(InputError, match="cannot run the decoder of this ae"):
        decoder_layers(model)


def test_a_family_that_does_more_than_its_decoder_is_found_out():
    model = any_model("ae", (3, 32, 32))
    layers = decoder_layers(model)
    model.to_images = lambda codes: model.decoder(codes) ** 2
    with pytest.raises(InputError, match="would draw other images"):
        check_layers(layers, model, model.sample_codes(4, 0, "normal"))
