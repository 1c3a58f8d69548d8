from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from ballgen.data.imageset import ImageSet
from ballgen.data.sportballs.factors import CLASS_NAMES
from ballgen.models import build_model
from ballgen.models.base import Batch
from ballgen.models.losses import kl_to_standard_normal
from studies.four_hypotheses.design import AXES, FAMILIES, GUESSES, STUDY, Setting
from studies.four_hypotheses.pictures import draw, pictures_of, real_pictures
from tests.helpers.made import TINY


def test_each_guess_has_five_settings_that_meet_in_the_middle():
    assert {axis.guess for axis in AXES} == set(GUESSES)
    for axis in AXES:
        assert len(axis.values) >= 5
        for family in axis.families:
            settings = STUDY.settings(axis, family)
            assert replace(STUDY.middle, family=family) in settings.values(), axis.field
            assert len(set(settings.values())) == len(axis.values)
    widths = next(axis.values for axis in AXES if axis.field == "width")
    assert (widths[0] * 4, widths[-1]) == (STUDY.middle.width, STUDY.middle.width * 4)


def test_a_run_that_several_guesses_share_is_made_once_and_first():
    trials = STUDY.trials(3)
    assert len(set(trials)) == len(trials)
    one_by_one = {trial for guess in GUESSES for trial in STUDY.trials(3, guess)}
    assert one_by_one == set(trials)
    middles = {replace(STUDY.middle, family=family) for family in FAMILIES}
    assert {trial.setting for trial in trials[:2]} == middles
    assert [trial.seed for trial in trials] == sorted(trial.seed for trial in trials)


def test_few_pictures_are_shown_as_often_as_many():
    (axis,) = (axis for axis in AXES if axis.field == "images")
    shown = {s.images * s.epochs for s in STUDY.settings(axis, "vae").values()}
    assert shown == {STUDY.middle.images * STUDY.middle.epochs}


@pytest.mark.parametrize("sigma", [0.5, 0.02])
def test_a_fixed_sigma_is_the_gaussians_loss_up_to_a_factor(sigma):
    setting = replace(TINY.middle, sigma=sigma)
    pixels = torch.randint(0, 256, (8, 3, 16, 16), dtype=torch.uint8)
    images = ImageSet("noise", "train", pixels, torch.zeros(8, dtype=torch.int64), ("a",))
    model = build_model(TINY.recipe(setting), images.image_shape, images.class_names)
    generator = torch.Generator().manual_seed(0)
    batch = Batch(images.images(), images.labels, 0, generator)
    loss, terms = model.objective("autoencoder", batch)
    kl = kl_to_standard_normal(*model.posterior(batch.images))
    numbers = 3 * 16 * 16
    gaussian = terms["mse"] * numbers / (2 * sigma**2) + kl
    assert loss.item() == pytest.approx((gaussian * 2 * sigma**2 / numbers).item(), rel=1e-5)


def test_a_learned_sigma_keeps_the_evidence_lower_bound():
    recipe = STUDY.recipe(Setting("vae"))
    assert (recipe.reconstruction, recipe.kl_weight) == ("sigma", 1.0)
    assert recipe.precision == "fp32"


def test_the_digest_names_what_is_not_in_a_setting():
    assert replace(STUDY, flow=STUDY.flow | {"steps": 7}).digest != STUDY.digest
    assert replace(STUDY, changes={"learning_rate": 0.5}).digest != STUDY.digest
    assert replace(STUDY, axes=STUDY.axes[:1]).digest == STUDY.digest
    assert replace(STUDY, middle=Setting("vae", width=99)).digest == STUDY.digest


def test_more_classes_are_drawn_once_into_a_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("BALLGEN_CACHE", str(tmp_path))
    setting = replace(TINY.middle, classes=6)
    draw(TINY, setting)
    pictures = real_pictures(TINY, setting)
    assert pictures.class_names == CLASS_NAMES[:6] and len(pictures) == TINY.test_images
    written = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.png")}
    assert len(written) == setting.images + TINY.test_images
    draw(TINY, setting)
    assert written == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.png")}
    source, _ = pictures_of(TINY, setting)
    labels = next(tmp_path.rglob("Test/labels.csv"))
    assert source in str(labels)
    labels.unlink()  # as if drawing had been cut off
    draw(TINY, setting)
    assert labels.exists()


def test_fewer_training_pictures_are_measured_on_as_many_real_ones():
    few = real_pictures(TINY, replace(TINY.middle, images=20))
    assert few.digest == real_pictures(TINY, TINY.middle).digest
