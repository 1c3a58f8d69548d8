"""An autoencoder's training images move, and the model is asked for what it was shown."""

from __future__ import annotations

import pytest
import torch

from ballgen.errors import InputError
from ballgen.models import Batch, losses
from ballgen.models.augment import translate
from tests.helpers.tiny import tiny_balls, tiny_model


@pytest.mark.parametrize("name", ["ae", "vae"])
@pytest.mark.parametrize("shift", [0, 2])
def test_what_is_rebuilt_is_the_moved_picture(name, shift):
    balls = tiny_balls(16)
    model = tiny_model(name, balls, shift=shift)
    shown, drawn = [], []
    model.encoder.register_forward_pre_hook(lambda _, inputs: shown.append(inputs[0]))
    model.decoder.register_forward_hook(lambda _, inputs, pictures: drawn.append(pictures))
    generator = torch.Generator().manual_seed(0)
    batch = Batch(balls.images(), balls.labels, 0, generator)
    terms = model.loss("autoencoder", batch).terms
    images = balls.images()
    if shift:
        again = torch.Generator().manual_seed(0)
        images = translate(images, again, shift, shift)
        assert not torch.equal(images, balls.images())
    assert torch.equal(shown[0], images)
    assert torch.equal(terms["mse"], losses.mse(drawn[0], images))


def test_images_are_not_pushed_out_of_sight():
    balls = tiny_balls(16)
    half = min(balls.image_shape[1:]) // 2
    tiny_model("ae", balls, shift=half - 1)
    with pytest.raises(InputError, match=rf"shift {half} px .* less than half their side"):
        tiny_model("ae", balls, shift=half)
