"""What every family promises at its doors, and that each of them learns."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ballgen.data.imageset import ImageSet
from ballgen.errors import InputError
from ballgen.models import base
from ballgen.models.networks import ConvDecoder, ConvEncoder
from tests.helpers.tiny import fit_own_priors, tiny_balls, tiny_model
from tests.helpers.training import begin, train

FAMILIES = ("ae", "vae", "gan", "lab4-ae", "lab4-vae", "lab4-gan")


@pytest.fixture(scope="module")
def balls() -> ImageSet:
    return tiny_balls(12)


@pytest.mark.parametrize("name", FAMILIES)
def test_doors_give_the_promised_shapes_and_range(name, balls):
    model = tiny_model(name, balls)
    few = balls.images(slice(0, 4))
    codes = model.encode(few)
    assert codes.shape == (4, model.latent_dim)
    for images in (model.decode(codes), model.reconstruct(few), model.sample(4)):
        assert images.shape == (4, *balls.image_shape)
        assert images.dtype == torch.float32
        assert images.min() >= 0
        assert images.max() <= 1
        assert not images.requires_grad


@pytest.mark.parametrize("name", FAMILIES)
def test_same_seed_same_samples_whatever_else_is_drawn(name, balls):
    model = tiny_model(name, balls)
    assert torch.equal(model.sample(5, seed=3), model.sample(5, seed=3))
    assert not torch.equal(model.sample(5, seed=3), model.sample(5, seed=4))


@pytest.mark.parametrize("name", FAMILIES)
def test_the_first_samples_are_the_same_however_many_follow(name, balls):
    model = tiny_model(name, balls)
    many = model.sample(70, seed=3)
    for count in (1, 5, 65):
        torch.testing.assert_close(model.sample(count, seed=3), many[:count])


@pytest.mark.parametrize("name", FAMILIES)
def test_how_many_share_a_call_changes_nothing(name, balls):
    model = tiny_model(name, balls)
    images = balls.images(slice(0, 3))
    one_by_one = torch.cat([model.reconstruct(image[None]) for image in images])
    # A GAN's code is the end of a search, along which the last bits of a convolution add up.
    atol = 2e-2 if model.family == "gan" else 1e-5
    torch.testing.assert_close(model.reconstruct(images), one_by_one, atol=atol, rtol=0)


@pytest.mark.parametrize("shape", [(3, 16, 16), (1, 28, 28), (3, 40, 40), (1, 72, 72)])
@pytest.mark.parametrize("name", ["ae", "vae", "gan"])
def test_every_size_goes_in_and_comes_out(name, shape):
    images = ImageSet(
        "noise",
        "train",
        torch.randint(0, 256, (2, *shape), dtype=torch.uint8),
        torch.zeros(2, dtype=torch.int64),
        ("image",),
    )
    assert tiny_model(name, images).reconstruct(images.images()).shape == (2, *shape)


def test_28_px_is_padded_and_cropped_around_the_middle():
    decoder = ConvDecoder(6, (1, 28, 28), width=4)
    encoder = ConvEncoder((1, 28, 28), 6, width=4)
    assert decoder.geometry.padding == encoder.geometry.padding == (4, 4)
    images = torch.rand(2, 1, 28, 28)
    padded = encoder.geometry.pad(images)
    assert padded.shape == (2, 1, 32, 32)
    assert torch.equal(encoder.geometry.crop(padded), images)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ae", "vae", "lab4-ae"])
def test_eight_images_can_be_learned_by_heart(name):
    balls = tiny_balls(8)
    # At a much higher rate eight images push the decoder to all white, where it stays.
    changes = {"ema_decay": 0.0, "schedule": "constant", "learning_rate": 1e-3, "latent_dim": 8}
    if not name.startswith("lab4"):
        changes |= {"width": 16, "finetuning": "none"}
    model = tiny_model(name, balls, **changes)
    before = (model.reconstruct(balls.images()) - balls.images()).square().mean()
    trained = train(begin(model, 450), balls).result
    after = (trained.reconstruct(balls.images()) - balls.images()).square().mean()
    assert after < 0.15 * before


@pytest.mark.slow
def test_the_gan_leaves_noise_behind():
    balls = tiny_balls(64)
    model = tiny_model("gan", balls, width=8, ema_decay=0.9)
    target = balls.images().mean((0, 2, 3))
    before = (model.sample(64).mean((0, 2, 3)) - target).abs().max()
    trained = train(begin(model, 60), balls).result
    after = (trained.sample(64).mean((0, 2, 3)) - target).abs().max()
    assert after < 0.3 * before


def test_a_conditional_gan_draws_classes_as_often_as_it_saw_them():
    balls = tiny_balls(64)
    balls = balls.subset(balls.labels < 2)
    model = tiny_model("gan", balls)
    classes = model.sample_codes(4000, seed=1)[:, model.noise_dim :].mean(0)
    torch.testing.assert_close(classes, model.class_shares, atol=0.03, rtol=0)


def test_arrays_are_read_however_they_lie_in_memory(balls):
    model, images = tiny_model("ae", balls), balls.images(slice(0, 3)).numpy()
    mirrored = model.encode(images[..., ::-1])
    assert torch.equal(mirrored, model.encode(images[..., ::-1].copy()))
    assert torch.equal(model.encode(images.astype(">f4")), model.encode(images))


def test_temperature_zero_is_the_centre(balls):
    model = tiny_model("vae", balls)
    cold = model.sample(3, prior="normal", temperature=0)
    assert torch.equal(cold[0], cold[1])


@pytest.mark.parametrize("name", ("ae", "vae", "gan"))
def test_one_draw_at_several_temperatures_is_that_of_each(name, balls):
    model = tiny_model(name, balls)
    together = model.sample_at([0.0, 0.5], 3, seed=2)
    assert together.shape == (2, 3, 3, 16, 16)
    for temperature, images in zip([0.0, 0.5], together, strict=True):
        torch.testing.assert_close(images, model.sample(3, 2, temperature=temperature))


def test_codes_may_be_arrays_of_any_kind(balls):
    model = tiny_model("vae", balls)
    codes = model.sample_codes(3, seed=1)
    array = codes.numpy()
    expected = model.decode(codes)
    assert torch.equal(model.decode(array[::-1]), expected.flip(0))
    assert torch.equal(model.decode(array.astype(">f4")), expected)
    assert torch.equal(model.decode(array.astype("float64")), expected)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m.encode(torch.zeros(2, 3, 32, 32)), r"takes images of shape \(3, 16, 16\)"),
        (lambda m: m.encode(torch.zeros(3, 16, 16)), r"must have the shape \(N, C, H, W\)"),
        (lambda m: m.encode(torch.full((1, 3, 16, 16), 255.0)), r"must lie in \[0, 1\]"),
        (lambda m: m.decode(torch.zeros(2, 5)), r"codes must have the shape \(N, 6\)"),
        (lambda m: m.decode(torch.full((2, 6), torch.nan)), "infinite or undefined"),
        (lambda m: m.decode(torch.full((2, 6), 3e38)), "too large to decode"),
        (lambda m: m.encode(tiny_balls(2)), r"got an ImageSet: pass its \.images\(\)"),
        (lambda m: m.encode("a ball"), "must be a tensor or an array of numbers, got str"),
        (lambda m: m.sample(1, seed=-1), "seed must be a whole number from 0 to"),
        (lambda m: m.sample(1, prior=""), "has no prior ''"),
        (lambda m: m.sample(0), "count must be a whole number from 1 to .*, got 0"),
        (lambda m: m.sample(2.5), "count must be a whole number from 1 to .*, got 2.5"),
        (lambda m: m.sample(True), "count must be a whole number from 1 to .*, got True"),
        (lambda m: m.sample("4"), "count must be a whole number from 1 to .*, got '4'"),
        (lambda m: m.sample(10**18), "number from 1 to 1,000,000,000,000,000, got 1,000,"),
        (lambda m: m.sample(1, seed=True), "seed must be a whole number from 0 to .*, got True"),
        (lambda m: m.sample(1, prior=["normal"]), r"has no prior \['normal'\]"),
        (lambda m: m.decode(None), "codes must be a tensor or an array of numbers, got NoneType"),
        (lambda m: m.decode(np.zeros((2, 6), complex)), "codes must be a tensor or an array"),
        (lambda m: m.sample(1, prior="uniform"), "has no prior 'uniform': choose from normal"),
        (lambda m: m.sample(1, temperature=-1), "temperature must be a number .* 1000, got -1"),
        (
            lambda m: m.sample(1, temperature=1e30),
            "temperature must be a number .* 1000, got 1e.30",
        ),
        (lambda m: m.sample(1, temperature="1"), "must be a number from 0 to 1000, got '1'"),
        (lambda m: m.sample(1, temperature=None), "must be a number from 0 to 1000, got None"),
        (lambda m: m.sample(1, temperature=True), "must be a number from 0 to 1000, got True"),
        (lambda m: m.sample(1, temperature=np.nan), "must be a number from 0 to 1000, got nan"),
        (lambda m: m.sample_at([1.0, -1.0], 1), "temperature must be a number .* 1000, got -1"),
        (lambda m: m.sample_at([], 2), r"temperatures must be a list of numbers, got \[\]"),
        (lambda m: m.sample_at(0.5, 2), "temperatures must be a list of numbers, got 0.5"),
        (lambda m: m.sample_at("hot", 2), "temperature must be a number .*, got 'h'"),
    ],
)
def test_bad_input_is_named(call, message, balls):
    with pytest.raises(InputError, match=message):
        call(tiny_model("vae", balls))


@pytest.mark.parametrize("ask", [lambda m: m.sample(1), lambda m: m.sample_at([1.0], 1)])
def test_an_own_prior_that_is_not_fitted_is_told(ask, balls):
    model = tiny_model("ae", balls, prior="gaussian", priors=("gaussian",))
    told = "prior gaussian of this ae is not fitted: choose from normal, train .* or .* fit_priors"
    with pytest.raises(InputError, match=told):
        ask(model)
    assert model.sample(1, prior="normal").shape == (1, 3, 16, 16)
    fit_own_priors(model, balls)
    ask(model)


@pytest.mark.parametrize("name", ["ae", "vae", "gan"])
def test_a_fitted_priors_codes_take_gibbs_steps_and_n01_does_not(name, balls, monkeypatch):
    monkeypatch.setattr(base, "COLLAPSE", 0.0)  # an untrained model's codes would
    model = tiny_model(name, balls, gibbs_steps=2, priors="gaussian")
    fit_own_priors(model, balls)
    plain = tiny_model(name, balls, gibbs_steps=0)
    plain.load_state_dict(model.state_dict())
    plain.priors |= model.priors
    assert torch.equal(plain.sample_codes(3, 5, "normal"), model.sample_codes(3, 5, "normal"))
    codes = plain.sample_codes(3, 5, "gaussian")
    for _ in range(2):
        codes = plain.encode(plain.decode(codes), fast=True)
    assert torch.equal(codes, model.sample_codes(3, 5, "gaussian"))
    assert torch.equal(model.decode(codes), model.sample(3, 5, "gaussian"))
    film = model.sample_at([0.5, 1.0], 3, 5, "gaussian")
    torch.testing.assert_close(film[1], model.decode(codes), atol=1e-5, rtol=0)


def test_gibbs_steps_that_would_collapse_the_codes_are_left_out_until_training_mends_them(balls):
    model = tiny_model("ae", balls, gibbs_steps=2, priors="gaussian")
    fit_own_priors(model, balls)
    assert model.gibbs_steps("gaussian") == model.gibbs_steps("normal") == 0
    drawn = model.priors["gaussian"].sample(3, torch.Generator().manual_seed(5))
    assert torch.equal(model.sample_codes(3, 5, "gaussian"), drawn)
    with torch.no_grad():  # a decoder and an encoder that mind what they are given
        model.encoder.head.weight.mul_(1000)
    assert model.gibbs_steps("gaussian") == 2


def test_a_single_code_far_out_does_not_turn_gibbs_steps_off(balls, monkeypatch):
    model = tiny_model("ae", balls, gibbs_steps=2, priors="gaussian")
    fit_own_priors(model, balls)
    with torch.no_grad():
        model.encoder.head.weight.mul_(1000)
    prior = model.priors["gaussian"]
    codes = prior.sample(256, torch.Generator().manual_seed(0))
    codes[7] *= 1e8
    monkeypatch.setattr(prior, "sample", lambda *_: codes)
    assert model.gibbs_steps("gaussian") == 2
