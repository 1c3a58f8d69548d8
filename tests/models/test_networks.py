"""How networks begin."""

from __future__ import annotations

import pytest
import torch

from ballgen.data.sources import load_images
from ballgen.models import build_model
from ballgen.models.dcgan import Generator, SelfModulatedBatchNorm
from ballgen.models.networks import ConvDecoder, ConvEncoder
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


def test_a_decoder_begins_around_the_pictures_mean_colour():
    images = load_images("sportballs", "train", 16, limit=64)
    model = build_model(
        AutoencoderRecipe(network={"kind": "conv", "width": 8, "latent_dim": 8}), images.image_shape
    )
    model.init_output_bias(images.mean_colour)
    colour = images.images().mean(dim=(0, 2, 3))
    begun = model.decode(torch.zeros(1, 8)).mean(dim=(0, 2, 3))
    assert torch.allclose(begun, colour, atol=0.02)


@pytest.mark.parametrize("seed", range(3))
def test_mostly_white_pictures_do_not_leave_it_all_white(seed):
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


def test_a_self_modulated_generator_hears_its_code_at_every_resolution():
    torch.manual_seed(0)
    generator = Generator(8, SHAPE, 4, self_modulation=True, full_resolution_channels=4).eval()
    norms = [layer for layer in generator.body if isinstance(layer, SelfModulatedBatchNorm)]
    assert len(norms) == 4  # at 4, 8, 16 and 32 px
    torch.nn.init.zeros_(generator.stem.weight)
    codes = torch.randn(2, 8)
    for heard in norms:
        one, other = generator(codes)
        assert not torch.equal(one, other)
        torch.nn.init.zeros_(heard.gain_and_shift.weight)
    one, other = generator(codes)
    assert torch.equal(one, other)


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 40, 24)])
def test_a_layer_at_full_resolution_suits_any_shape(shape):
    generator = Generator(8, shape, 4, full_resolution_channels=2)
    assert generator(torch.randn(3, 8)).shape == (3, *shape)
    assert generator.body[-2].stride == (1, 1)
