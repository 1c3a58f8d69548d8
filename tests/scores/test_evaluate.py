"""evaluate: the right figures for models whose quality is known."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import pytest
import torch

from ballgen.data.imageset import ImageSet
from ballgen.data.sportballs.sets import make_balls
from ballgen.errors import InputError
from ballgen.scores.evaluate import evaluate
from ballgen.scores.groups import FAST, GROUPS, REFERENCES


class Known:
    """A model whose samples and reconstructions are given images, made worse by a known noise."""

    image_shape, default_prior, needs_inversion = (3, 32, 32), "normal", False

    def __init__(self, source: ImageSet, noise: float = 0.0) -> None:
        self.source, self.noise = source, noise

    def sample(self, count, seed=0, prior="normal", temperature=1.0):
        generator = torch.Generator().manual_seed(seed + 1)
        picked = torch.randperm(len(self.source), generator=generator)[:count]
        return self._worse(self.source.images(picked))

    def check_sampling(self, count, prior, temperatures):
        pass

    def reconstruct(self, images):
        return self._worse(images)

    def _worse(self, images):
        generator = torch.Generator().manual_seed(0)
        return (images + self.noise * torch.randn(images.shape, generator=generator)).clamp(0, 1)


@pytest.fixture(scope="module")
def train() -> ImageSet:
    return make_balls(900, "train")


@pytest.fixture(scope="module")
def test() -> ImageSet:
    return make_balls(400, "test")


@pytest.fixture(scope="module")
def fresh() -> ImageSet:
    return make_balls(400, "train", seed=5)


@pytest.fixture(scope="module")
def perfect(train, test, fresh):
    """Figures of a model that draws fresh real images."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ballgen.scores.c2st.MAX_PROBED", 60)  # else as slow as all the rest
        return evaluate(Known(fresh), test, train_images=train)


@pytest.fixture(scope="module")
def noisy(test, fresh):
    groups = ("reconstruction", "kid", "fid", "coverage")
    return evaluate(Known(fresh, noise=0.1), test, groups=groups)


def test_real_images_reach_the_baseline_of_every_scale(perfect):
    assert abs(perfect["kid"]) < 4 * perfect["kid_real_sd"]
    assert abs(perfect["kid_real"]) < 4 * perfect["kid_real_sd"]
    assert perfect["kid_noise"] > 100 * perfect["kid_real_sd"]
    assert perfect["fid"] == pytest.approx(perfect["fid_real"], rel=0.3)
    assert perfect["fid_noise"] > 5 * perfect["fid_real"]
    assert perfect["density"] == pytest.approx(1, abs=0.25)
    assert perfect["coverage"] == pytest.approx(0.97, abs=0.05)
    assert perfect["c2st_low"] < 0.5 < perfect["c2st_high"]
    assert perfect["class_accuracy"] > 0.97
    assert perfect["smallest_class_share"] == pytest.approx(0.25, abs=0.06)
    assert perfect["nearest_closer"] == pytest.approx(0.5, abs=0.08)
    assert "left_out" not in perfect


def test_reconstruction_figures(perfect, noisy):
    assert (perfect["mse"], perfect["psnr"]) == (0, pytest.approx(100))
    assert noisy["sse"] == pytest.approx(noisy["mse"] * 3 * 32 * 32)
    assert 0.001 < noisy["mse"] < 0.01 and noisy["ssim"] < 0.9
    assert noisy["reconstruction_count"] == 400


def test_a_worse_model_scores_worse(perfect, noisy):
    assert noisy["kid"] > 20 * perfect["kid_real_sd"]
    assert noisy["kid_reconstructions"] == pytest.approx(noisy["kid"], rel=0.25)
    assert noisy["fid"] > 2 * noisy["fid_real"]
    assert noisy["coverage"] < perfect["coverage"] - 0.1
    assert noisy["kid_real"] == perfect["kid_real"]


def test_copies_are_noticed(train, test):
    figures = evaluate(Known(train), test, train_images=train, groups=("copying",))
    assert figures["nearest_distance"] == 0 < figures["nearest_distance_real"]
    assert figures["nearest_closer"] > 0.95


def test_a_missing_class_shows_in_the_balance(train, test):
    three = train.subset(train.labels != 2)
    figures = evaluate(Known(three), test, groups=("classes",))
    assert figures["smallest_class_share"] < 0.02 < 0.2 < figures["smallest_class_share_real"]


def test_figures_are_plain_and_repeatable(train, test, perfect):
    json.dumps(perfect)
    assert all(isinstance(value, float | int | str) for value in perfect.values())
    model = Known(train, noise=0.05)
    first = evaluate(model, test, groups=FAST, count=200, seed=3)
    assert evaluate(model, test, groups=FAST, count=200, seed=3) == first
    assert evaluate(model, test, groups=FAST, count=200, seed=4)["kid"] != first["kid"]
    assert (first["count"], first["seed"], first["features"]) == (200, 3, "balls")
    assert not any(key.startswith(("c2st", "fid", "nearest")) for key in first)


def test_the_two_sample_test_beside_the_others_is_the_one_alone(train, test):
    model, done = Known(train), []
    alone = evaluate(model, test, count=120, groups=["c2st"])
    beside = evaluate(
        model, test, count=120, groups=["c2st", "reconstruction", "kid"], on_progress=done.append
    )
    assert {name: beside[name] for name in alone} == alone
    assert next(iter(beside)).startswith("c2st")  # in the order that was asked for
    assert done == [1 / 3, 2 / 3, 1]


def test_what_two_threads_want_is_imported_before_they_start(test, monkeypatch):
    monkeypatch.delitem(sys.modules, "sklearn.linear_model", raising=False)
    found = []
    see = lambda compared: found.append("sklearn.linear_model" in sys.modules) or {}  # noqa: E731
    monkeypatch.setitem(GROUPS, "c2st", see)
    monkeypatch.setitem(GROUPS, "kid", lambda compared: {})
    evaluate(Known(test), test, count=12, groups=["c2st", "kid"])
    assert found == [True]


def test_the_features_are_chosen_by_what_the_images_are(test):
    other = replace(test, name="icons")
    assert evaluate(Known(test), other, groups=("kid",), references=())["features"] == "random"
    asked = evaluate(Known(test), other, features="balls", groups=("kid",), references=())
    assert asked["features"] == "balls"


def test_samples_follow_prior_and_temperature(test):
    asked = {}

    class Curious(Known):
        def sample(self, count, seed=0, prior="normal", temperature=1.0):
            asked.update(count=count, prior=prior, temperature=temperature)
            return super().sample(count, seed)

    figures = evaluate(
        Curious(test),
        test,
        prior="flow",
        temperature=0.7,
        groups=("kid",),
        features="random",
        references=(),
    )
    assert asked == {"count": 400, "prior": "flow", "temperature": 0.7}
    assert (figures["prior"], figures["temperature"]) == ("flow", 0.7)


@pytest.mark.parametrize("count", [1, 12, 60])
def test_few_images_leave_out_what_they_cannot_carry(test, count):
    few = test.subset(slice(count))
    figures = evaluate(Known(test, noise=0.05), few)
    assert figures["mse"] > 0
    assert ("kid" in figures) == (count >= 20)
    assert ("c2st_accuracy" in figures) == (count >= 50)
    assert "fid" not in figures and "density" not in figures
    assert "fid: needs 384 real images for 96 features" in figures["left_out"]
    assert "copying: needs the training images" in figures["left_out"]


def test_a_model_that_searches_rebuilds_fewer(test):
    class Searcher(Known):
        needs_inversion = True

    figures = evaluate(Searcher(test, noise=0.05), test, groups=FAST)
    assert figures["reconstruction_count"] == 256
    assert figures["kid_reconstructions"] > figures["kid_real"]


def test_samples_of_the_normal_prior_are_a_reference(test):
    class TwoPriors(Known):
        default_prior = "flow"

        def sample(self, count, seed=0, prior="flow", temperature=1.0):
            return Known(self.source, 0.1 if prior == "normal" else 0.0).sample(count, seed)

    few = {"groups": ("kid",), "count": 100, "features": "random"}
    own = evaluate(TwoPriors(test), test, **few)
    normal = evaluate(TwoPriors(test), test, "normal", **few)
    assert own["kid_normal"] > own["kid"] + 10 * own["kid_sd"]
    for key in ("kid_normal", "kid_normal_sd"):
        assert own[key] == normal[key] == normal[key.replace("_normal", "")]


def test_only_the_wanted_references_are_measured(test):
    class Lazy(Known):
        def reconstruct(self, images):
            raise AssertionError("nobody asked for reconstructions")

    groups = ("kid", "fid", "coverage")
    full = evaluate(Known(test), test, groups=groups)
    for references in ((), ("noise",)):
        found = evaluate(Lazy(test), test, groups=groups, references=references)
        unwanted = {name for name in REFERENCES if name not in references}
        expected = {k: v for k, v in full.items() if not any(name in k for name in unwanted)}
        assert found == expected


def test_bad_input_is_refused(train, test):
    large = make_balls(4, "test").pixels.repeat_interleave(2, 2).repeat_interleave(2, 3)
    other = ImageSet("large", "test", large, torch.zeros(4, dtype=torch.int64), ("image",))
    with pytest.raises(InputError, match=r"\(3, 32, 32\).*'large' holds \(3, 64, 64\)"):
        evaluate(Known(train), other)
    with pytest.raises(InputError, match=r"training images have the shape \(3, 64, 64\)"):
        evaluate(Known(train), test, train_images=other)
    with pytest.raises(InputError, match="no scores are called 'speed'"):
        evaluate(Known(train), test, groups=("speed",))
    with pytest.raises(InputError, match="no scores are called 'sea'"):
        evaluate(Known(train), test, references=("sea",))
    with pytest.raises(InputError, match="count 401 is out of range"):
        evaluate(Known(train), test, count=401)
    for wrong in (0, True, 2.5, "4"):
        with pytest.raises(InputError, match=f"count must be a whole .*, got {wrong!r}"):
            evaluate(Known(train), test, count=wrong)
    for name in ("groups", "references"):
        for wrong in ("kid", None):
            with pytest.raises(InputError, match=f"{name} must be a list of names, .*{wrong!r}"):
                evaluate(Known(train), test, **{name: wrong})
    with pytest.raises(InputError, match="images must be an ImageSet, got Tensor: load_images"):
        evaluate(Known(train), test.images())
    with pytest.raises(InputError, match="train_images must be an ImageSet, got Tensor"):
        evaluate(Known(train), test, train_images=train.images())
