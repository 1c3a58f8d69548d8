from __future__ import annotations

import time
from itertools import islice, takewhile

import pytest
import torch

from ballgen.checkpoint.folder import load_model
from ballgen.models import inversion
from ballgen.models.inversion import DIRECTIONS, invert, search
from ballgen.util.paths import PROJECT
from ballgen.util.threads import one_thread
from tests.helpers.tiny import tiny_balls, tiny_model
from tests.helpers.training import begin, train

STEPS = inversion.STEPS  # other tests take fewer
SECONDS = 5.0  # of computing that one image may take


@pytest.fixture(autouse=True)
def whole_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inversion, "STEPS", STEPS)


def psnr(images: torch.Tensor, originals: torch.Tensor) -> torch.Tensor:
    return -10 * (images - originals).square().mean((1, 2, 3)).log10()


def test_inversion_finds_the_code_of_a_generated_picture():
    balls = tiny_balls(64)
    model = train(begin(tiny_model("gan", balls, ema_decay=0.0), 60), balls).model
    images = model.sample(4, seed=1)
    blind = (model.sample(4, seed=2) - images).square().mean()
    rebuilt = (model.reconstruct(images) - images).square().mean()
    guessed = (model.decode(model.encode(images, fast=True)) - images).square().mean()
    assert rebuilt < 0.1 * blind
    assert rebuilt <= guessed


@pytest.mark.parametrize("size", [1, 4, DIRECTIONS, 2 * DIRECTIONS])
def test_it_goes_on_to_the_best_code(size):
    torch.manual_seed(0)
    weights = torch.randn(size, 3 * 8 * 8) / 2
    code = torch.randn(size)

    def decode(codes: torch.Tensor) -> torch.Tensor:
        return (codes @ weights).sigmoid().unflatten(1, (3, 8, 8))

    (image,) = decode(code[None])
    steps = list(search(decode, torch.zeros(size), image))
    errors = [error for _, error in steps]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 1e-3 * (decode(torch.zeros(1, size)) - image).square().sum()
    assert len(steps) < 200


def test_a_decoder_that_minds_no_code_keeps_the_start():
    image = torch.zeros(3, 4, 4)
    start = torch.ones(1, 5)
    found = invert(lambda codes: torch.full((len(codes), 3, 4, 4), 0.5), start, image[None])
    assert torch.equal(found, start)


def test_a_code_is_the_same_whatever_shares_the_batch():
    balls = tiny_balls(24)
    model = tiny_model("gan", balls)
    images = balls.images()
    together = model.encode(images)
    assert torch.equal(model.encode(images[:1]), together[:1])
    assert torch.equal(model.encode(images[3:10]), together[3:10])
    code, _ = next(islice(model.search_code(images[:1]), 4, None))
    assert torch.equal(code, together[:1])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_the_shipped_gan_finds_its_own_images(seed):
    model = load_model(PROJECT / "checkpoints" / "gan")
    images = model.sample(8, seed)
    found = psnr(model.reconstruct(images), images)
    assert found.median() >= 36
    assert (found >= 30).float().mean() >= 0.75
    with one_thread():  # two that wait for each other take computing time, too
        end = time.process_time() + SECONDS
        steps = takewhile(lambda _: time.process_time() < end, model.search_code(images[:1]))
        assert any(psnr(model.decode(code), images[:1]) >= 40 for code, _ in steps)
