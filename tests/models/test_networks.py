"""How networks begin."""

from __future__ import annotations

import pytest
import torch

from ballgen.data.sources import load_images
from ballgen.models import build_model
from ballgen.models.dcgan import Generator
from ballgen.models.networks import (
    ConvDecoder,
    ConvEncoder,
    Modulation,
    ResidualBlock,
    ResidualDecoder,
    ResidualEncoder,
)
from ballgen.recipes import AutoencoderRecipe
from tests.helpers.training import begin, train

SHAPE = (3, 32, 32)


@pytest.mark.parametrize("width", [4, 32])
def test_what_passes_through_keeps_its_size(width):
    torch.manual_seed(0)
    codes = ConvEncoder(SHAPE, 48, width)(torch.rand(64, *SHAPE))
    assert 0.2 < codes.std() < 2
    logits = torch.logit(ConvDecoder(48, SHAPE, width)(torch.randn(64, 48)))
    assert 0.3 < logits.std() < 2


def test_a_decoder_begins_around_the_images_mean_colour():
    images = load_images("sportballs", "train", 16, limit=64)
    model = build_model(
        AutoencoderRecipe(network={"kind": "conv", "width": 8, "latent_dim": 8}), images.image_shape
    )
    model.init_output_bias(images.mean_colour)
    colour = images.images().mean(dim=(0, 2, 3))
    begun = model.decode(torch.zeros(1, 8)).mean(dim=(0, 2, 3))
    assert torch.allclose(begun, colour, atol=0.02)


@pytest.mark.parametrize("seed", range(3))
def test_mostly_white_images_do_not_leave_it_all_white(seed):
    images = load_images("sportballs", "train", 16, limit=8)
    white = (1 - images.images()).square().mean().item()
    recipe = AutoencoderRecipe(
        network={"kind": "conv", "width": 16, "latent_dim": 16},
        optimizer={"learning_rate": 1e-2},
        training={"batch_size": 8},
    )
    model = build_model(recipe, images.image_shape, seed=seed)
    model.init_output_bias(images.mean_colour)
    training = train(begin(model, 100, seed), images)
    assert training.history[-1]["mse"] < white / 20


def modulated_generator(shape):
    return Generator(8, shape, 4, self_modulation=True, full_resolution_channels=4).eval()


def residual_decoder(shape):
    return ResidualDecoder(8, shape, 4)


@pytest.mark.parametrize(("build", "places"), [(modulated_generator, 4), (residual_decoder, 3)])
def test_modulated_networks_hear_their_code_at_every_resolution(build, places):
    torch.manual_seed(0)
    network = build(SHAPE)
    modulations = [layer for layer in network.body if isinstance(layer, Modulation)]
    assert len(modulations) == places  # at 4, 8, 16, and of a generator 32 px
    for name, parameter in network.stem.named_parameters():
        torch.nn.init.constant_(parameter, float(name.endswith("bias")))
    codes = torch.randn(2, 8)
    for heard in modulations:
        one, other = network(codes)
        assert not torch.equal(one, other)
        torch.nn.init.zeros_(heard.gain_and_shift.weight)
    one, other = network(codes)
    assert torch.equal(one, other)


@pytest.mark.parametrize("build", [modulated_generator, residual_decoder])
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 40, 24), (3, 128, 128)])
def test_a_layer_at_full_resolution_suits_any_shape(build, shape):
    decoder = build(shape)
    assert decoder(torch.randn(3, 8)).shape == (3, *shape)
    assert any(getattr(layer, "stride", None) == (1, 1) for layer in decoder.body)


@pytest.mark.parametrize(("shape", "count"), [((1, 8, 8), 0), ((3, 32, 32), 1), ((3, 128, 128), 1)])
def test_residual_networks_have_a_block_at_twice_their_coarsest_resolution(shape, count):
    for network in (ResidualEncoder(shape, 8, 4), residual_decoder(shape)):
        blocks = [layer for layer in network.body if isinstance(layer, ResidualBlock)]
        assert len(blocks) == count
    assert ResidualEncoder(shape, 8, 4)(torch.rand(2, *shape)).shape == (2, 8)
