"""Counting classes: by the balls network where it knows them, else by one that learns them."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from ballgen.data.imageset import ImageSet
from ballgen.data.sportballs.factors import BallSettings
from ballgen.data.sportballs.sets import make_balls
from ballgen.scores.class_prediction import predict_classes


def squares(count: int, seed: int) -> ImageSet:
    """Gray images of a bright square: left ("west") or right ("east") of the middle."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, 2, (count,), generator=generator)
    pixels = torch.randint(0, 60, (count, 1, 16, 16), generator=generator, dtype=torch.uint8)
    for row, label in enumerate(labels.tolist()):
        top = int(torch.randint(0, 12, (1,), generator=generator))
        pixels[row, :, top : top + 4, 2 + 8 * label : 6 + 8 * label] = 255
    return ImageSet("squares", "test", pixels, labels, ("west", "east"))


def test_other_classes_are_learned_from_their_labels():
    real, samples = squares(300, seed=0), squares(200, seed=1)
    lopsided = samples.images(torch.argsort(samples.labels, stable=True)[:130])
    share = float(samples.labels.sort().values[:130].double().mean())
    prediction = predict_classes(real, lopsided)
    assert prediction.accuracy > 0.97
    assert float(prediction.shares[1]) == pytest.approx(share, abs=0.03)
    from_train = predict_classes(real, lopsided, train=squares(200, seed=2))
    assert from_train.real_shares.sum() == pytest.approx(1) and from_train.accuracy > 0.97


def test_built_in_classes_need_no_labels_to_learn_from():
    settings = BallSettings(classes=("tennis", "baseball", "golf", "basketball"))
    few = make_balls(8, "test", settings=settings)
    samples = make_balls(400, "test", seed=1, settings=settings)
    prediction = predict_classes(few, samples.images())
    by_label = torch.bincount(samples.labels, minlength=4) / 400
    torch.testing.assert_close(prediction.shares.float(), by_label, rtol=0, atol=0.02)


def test_classes_that_nobody_can_tell_apart_are_not_counted():
    balls = make_balls(120, "test")
    arbitrary = torch.arange(120) % 2
    unknowable = replace(balls, labels=arbitrary, class_names=("even", "odd"))
    assert predict_classes(unknowable, balls.images()) is None
    # Names of built-in classes are not believed where the images show something else.
    wrong = replace(balls, labels=(balls.labels + 1) % 4).subset(slice(40))
    assert predict_classes(wrong, balls.images()) is None


def test_one_class_has_no_balance():
    balls = make_balls(40, "test")
    single = replace(balls, labels=torch.zeros(40, dtype=torch.int64), class_names=("image",))
    assert predict_classes(single, balls.images()) is None
