from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from ballgen.errors import InputError
from ballgen.latent.coverage import (
    ReferenceCodes,
    component_count,
    gaussian_kl,
    latent_coverage,
    optimal_assignment,
    reference_codes,
)
from ballgen.priors import StandardNormal
from tests.helpers.tiny import fit_own_priors, tiny_balls, tiny_model

DIMENSIONS, RADIUS = 4, 20.0


def noise(count: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, DIMENSIONS, generator=generator)


def shell(count: int, seed: int) -> torch.Tensor:
    """Codes on a sphere far out, where N(0, I) never comes."""
    return torch.nn.functional.normalize(noise(count, seed), dim=1) * RADIUS


def test_a_prior_inside_a_shell_of_codes_lies_beyond_all_of_them():
    reference = ReferenceCodes.from_codes(shell(2000, seed=0))
    inside = reference.coverage(noise(1000, seed=1))
    assert inside.beyond_max == inside.out_of_support == 1
    expected = (RADIUS - noise(1000, seed=1).norm(dim=1).median()) / reference.unit
    assert inside.distance >= expected  # the nearest code is hardly ever straight outwards
    assert inside.distance < 1.5 * expected


def test_a_prior_on_the_codes_lies_beyond_one_in_a_hundred():
    on_it = ReferenceCodes.from_codes(shell(2000, seed=0)).coverage(shell(2000, seed=1))
    assert on_it.distance == pytest.approx(1, abs=0.05)
    assert on_it.out_of_support == pytest.approx(0.01, abs=0.01)
    assert on_it.beyond_max < 0.01


def test_a_prior_half_on_the_codes_lies_half_beyond():
    reference = ReferenceCodes.from_codes(shell(2000, seed=0))
    half = torch.cat([shell(500, seed=1), noise(500, seed=2)])
    assert reference.coverage(half).out_of_support == pytest.approx(0.505, abs=0.015)


def test_few_codes_far_apart_hide_the_middle_but_not_from_their_length():
    def far(count: int, seed: int) -> torch.Tensor:
        generator = torch.Generator().manual_seed(seed)
        return torch.randn(count, 48, generator=generator)

    reference = ReferenceCodes.from_codes(12.5 / 48**0.5 * far(120, seed=0))
    middle = reference.coverage(far(1000, seed=1))
    assert middle.out_of_support < 0.02 and middle.distance < 1  # nothing to be seen
    assert middle.length_outside > 0.99
    assert middle.length == pytest.approx(48**0.5, rel=0.05)
    assert middle.spread == pytest.approx(48**0.5 / 12.5, rel=0.05)
    same = reference.coverage(12.5 / 48**0.5 * far(1000, seed=2))
    assert same.length_outside < 0.1 and same.spread == pytest.approx(1, rel=0.05)


def test_distances_are_in_units_of_what_is_usual():
    small = ReferenceCodes.from_codes(shell(400, seed=0))
    large = ReferenceCodes.from_codes(1000 * shell(400, seed=0))
    assert large.unit == pytest.approx(1000 * small.unit, rel=1e-4)
    assert float(large.held_out_distances.median()) == pytest.approx(1)
    assert large.support_limit == pytest.approx(small.support_limit, rel=1e-3)


@pytest.mark.parametrize(
    "codes, words",
    [
        (torch.zeros(10, 3), "at least 20"),
        (torch.zeros(40, 3), "another image has too"),
        (torch.full((40, 3), math.nan), "undefined"),
    ],
)
def test_codes_that_allow_no_diagnosis_are_refused(codes, words):
    with pytest.raises(InputError, match=words):
        ReferenceCodes.from_codes(codes)


def test_directions_without_variance_are_not_counted():
    codes = noise(500, seed=0) @ torch.diag(torch.tensor([1.0, 1, 1, 0]))
    turned = codes @ torch.linalg.qr(noise(DIMENSIONS, seed=1)).Q
    assert component_count(turned) == 3
    assert component_count(noise(2000, seed=0)) == DIMENSIONS
    assert component_count(noise(100, seed=0)[:, :1]) == 1


def test_the_distance_from_the_prior_is_the_closed_form():
    codes = noise(5000, seed=0)
    white = (codes - codes.mean(0)).double()
    white = (white @ torch.linalg.inv(torch.linalg.cholesky(torch.cov(white.T))).T).float()
    assert gaussian_kl(white) == pytest.approx(0, abs=1e-3)
    wide = gaussian_kl(3 * white + 2)
    by_hand = DIMENSIONS * (9 + 4 - 1 - 2 * math.log(3)) / 2
    assert wide == pytest.approx(by_hand, rel=1e-4)
    assert gaussian_kl(torch.zeros(30, 2)) == math.inf


def test_each_code_gets_the_nearest_goal_that_is_left():
    codes = torch.tensor([[0.0], [1.0]])
    goals = torch.tensor([[5.0], [0.9], [-0.4]])
    assert optimal_assignment(codes, goals)[:, 0].tolist() == pytest.approx([-0.4, 0.9])
    # Both are nearest to 0.9, but only one may have it.
    assert sorted(optimal_assignment(codes, goals[:2])[:, 0].tolist()) == pytest.approx([0.9, 5.0])


def test_a_vae_is_known_by_its_posterior_and_a_gan_by_its_noise():
    images = tiny_balls(40)
    vae = tiny_model("vae", images)
    with torch.no_grad():
        _, log_variance = vae.posterior(images.images())
    spread = (reference_codes(vae, images) - reference_codes(vae, images, seed=1)).std()
    # Two draws differ by √2 of the posterior's spread, and by the order of the images.
    assert spread > (log_variance / 2).exp().mean()
    ae = tiny_model("ae", images)
    order = torch.randperm(40, generator=torch.Generator().manual_seed(0))
    assert torch.equal(reference_codes(ae, images), ae.encode(images.images(order)))
    gan = tiny_model("gan", images)
    assert torch.equal(reference_codes(gan, images), gan.sample_codes(40, 0, "normal"))


def test_a_model_is_diagnosed_under_each_of_its_priors():
    images = tiny_balls(200)
    ae = tiny_model("ae", images, priors=("gaussian",))
    fit_own_priors(ae, images)
    figures = latent_coverage(ae, images)
    assert figures["reference_count"] == figures["held_out_count"] == 100
    assert figures["out_of_support_normal"] > figures["out_of_support_gaussian"]
    assert figures["distance_gaussian"] < 2
    assert figures == latent_coverage(ae, images)
    assert figures != latent_coverage(ae, images, seed=1)


def test_a_generators_own_prior_is_where_it_was_trained():
    images = tiny_balls(400)
    figures = latent_coverage(tiny_model("gan", images), images)
    assert figures["distance_normal"] == pytest.approx(1, abs=0.1)
    assert figures["out_of_support_normal"] < 0.05


def test_a_prior_that_draws_too_wide_is_told():
    class Wide(StandardNormal):
        def sample(self, count, generator, temperature=1.0):
            return 5 * super().sample(count, generator, temperature)

    images = tiny_balls(400)
    gan = tiny_model("gan", replace(images), conditional=False)
    gan.priors["wide"] = Wide(gan.noise_dim)
    figures = latent_coverage(gan, images)
    assert figures["out_of_support_wide"] > 0.9 > figures["out_of_support_normal"]
