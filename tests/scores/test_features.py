"""Feature spaces: the same features for the same images, and distances that mean something."""

from __future__ import annotations

import hashlib
from urllib.error import URLError

import pytest
import torch
import torch.nn.functional as F

from ballgen.data.imageset import to_pixels
from ballgen.data.sportballs.sets import make_balls
from ballgen.errors import InputError
from ballgen.scores import features
from ballgen.scores.features import feature_extractor
from ballgen.scores.metrics import squared_mmd
from ballgen.scores.random_network import Uniform, random_network
from ballgen.util.torchvision_guard import import_torchvision

SHAPE = (3, 32, 32)
SPACES = {"balls": 96, "random": 192, "imagenet": 1280}
FIRST_WEIGHTS = (0.37214401, -0.40084639, -0.02733864, -0.69398940)  # of the random network


@pytest.fixture(scope="module")
def balls() -> torch.Tensor:
    return make_balls(600, "test").images()


@pytest.mark.parametrize(("name", "dimensions"), SPACES.items())
def test_features_do_not_depend_on_the_batch(balls, name, dimensions):
    extract = feature_extractor(name, SHAPE)
    together = extract(balls[:80])
    assert together.shape == (80, dimensions) and together.dtype == torch.float32
    apart = torch.cat([extract(part) for part in balls[:80].split(37)])
    torch.testing.assert_close(apart, together, rtol=1e-4, atol=1e-4)
    assert torch.equal(extract(balls[:80]), together)


@pytest.mark.parametrize("name", SPACES)
def test_features_see_stored_pixels(balls, name):
    """A float image and the file that it would be saved as are one image."""
    extract = feature_extractor(name, SHAPE)
    jitter = torch.rand(balls[:20].shape, generator=torch.Generator().manual_seed(0)) - 0.5
    floats = (balls[:20] + 0.9 * jitter / 255).clamp(0, 1)
    assert torch.equal(to_pixels(floats), to_pixels(balls[:20]))
    assert torch.equal(extract(floats), extract(balls[:20]))


@pytest.mark.parametrize("name", ["balls", "random"])
def test_kid_rises_with_every_kind_of_damage(balls, name):
    extract = feature_extractor(name, SHAPE)
    generator = torch.Generator().manual_seed(0)
    real, held_out = extract(balls[:300]), balls[300:]
    noise = torch.randn(held_out.shape, generator=generator)
    smooth = F.avg_pool2d(held_out, 3, stride=1, padding=1, count_include_pad=False)
    damages = {
        "noise": [(held_out + sd * noise).clamp(0, 1) for sd in (0.02, 0.06, 0.2)],
        "blur": [held_out.lerp(smooth, share) for share in (0.25, 0.5, 1.0)],
        "ghosts": [held_out.lerp(held_out.roll(1, 0), share) for share in (0.1, 0.25, 0.5)],
        "place": [held_out.roll(pixels, 3) for pixels in (2, 4, 8)],
    }
    floor = abs(squared_mmd(real, extract(held_out)))
    for kind, damaged_images in damages.items():
        values = [squared_mmd(real, extract(damaged)) for damaged in damaged_images]
        assert values == sorted(values), (kind, values)
        assert values[-1] > 10 * floor, (kind, values, floor)


@pytest.mark.parametrize("name", SPACES)
def test_other_sizes_and_gray_images(balls, name):
    small = F.avg_pool2d(balls[:40], 2).mean(1, keepdim=True)
    assert feature_extractor(name, (1, 16, 16))(small).shape == (40, SPACES[name])
    gray = feature_extractor(name, (1, 32, 32))(balls[:40].mean(1, keepdim=True))
    repeated = balls[:40].mean(1, keepdim=True).expand(-1, 3, -1, -1)
    assert torch.equal(gray, feature_extractor(name, SHAPE)(repeated))


def test_larger_images_are_shrunk_without_aliasing():
    """Stripes of 4 px vanish at a quarter of the size; without a filter they would turn bright."""
    stripes = torch.tensor([0.0, 1.0, 1.0, 0.0]).repeat(32).expand(1, 3, 128, 128)
    flat = torch.full((1, *SHAPE), 0.5)
    far = feature_extractor("balls", SHAPE)(torch.ones(1, *SHAPE))
    of_stripes = feature_extractor("balls", (3, 128, 128))(stripes)
    of_flat = feature_extractor("balls", SHAPE)(flat)
    assert (of_stripes - of_flat).norm() < 0.1 * (far - of_flat).norm()


def test_random_weights_are_the_same_everywhere():
    digest = hashlib.sha256(Uniform(7)(1000).numpy().astype("<f8").tobytes()).hexdigest()
    assert digest.startswith("84309af61ee0fdb9")
    expected = torch.tensor(FIRST_WEIGHTS)
    torch.testing.assert_close(random_network().first.flatten()[:4], expected, rtol=0, atol=1e-6)


def test_random_features_of_flat_images_ignore_their_brightness():
    extract = feature_extractor("random", SHAPE)
    dark, bright = torch.full((1, *SHAPE), 0.2), torch.full((1, *SHAPE), 0.9)
    torch.testing.assert_close(extract(dark), extract(bright), rtol=1e-3, atol=1e-3)


def test_inception_without_its_weights_is_a_plain_error(monkeypatch):
    import_torchvision("models")

    def no_route(*_args, **_kwargs):
        raise URLError("no route to host")

    # The one thing that a test may not do for real: ask a foreign host.
    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", no_route)
    features._inception.cache_clear()
    with pytest.raises(InputError, match=r"no route to host.*choose features 'balls' or 'random'"):
        feature_extractor("inception", SHAPE)


def test_bad_input_is_refused(balls):
    with pytest.raises(
        InputError, match="'vgg' are unknown: choose from balls, random, imagenet, inception"
    ):
        feature_extractor("vgg", SHAPE)
    with pytest.raises(InputError, match="1 or 3 channels, got 4"):
        feature_extractor("random", (4, 32, 32))
    with pytest.raises(InputError, match=r"made for images of shape \(1, 32, 32\)"):
        feature_extractor("random", (1, 32, 32))(balls[:2])
    with pytest.raises(InputError, match=r"must lie in \[0, 1\]"):
        feature_extractor("random", SHAPE)(balls[:2] * 255)
