from __future__ import annotations

import math
from time import perf_counter

import pytest
import torch
from torch import Tensor

from ballgen.errors import InputError
from ballgen.priors import (
    PRIORS,
    ClassGaussian,
    Gaussian,
    GaussianMixture,
    LatentFlow,
    StandardNormal,
    check_prior,
    fit_priors,
)
from ballgen.priors.base import BLOCK
from ballgen.priors.flow import ODE_STEPS, integrate

FITTED = ("gaussian", "class-gaussian", "mixture", "flow")


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def two_bumps() -> tuple[Tensor, Tensor]:
    """2-D codes of two far classes, one three times as frequent: (-4, 0) and (4, 0), σ 0.5."""
    labels = (torch.rand(4000, generator=generator(1)) < 0.25).long()
    codes = 0.5 * torch.randn(4000, 2, generator=generator(2))
    codes[:, 0] += 8.0 * labels - 4
    return codes, labels


@pytest.fixture(scope="module")
def small_flow(two_bumps) -> LatentFlow:
    return LatentFlow(width=64, blocks=2, steps=600, batch_size=256).fit(*two_bumps)


def prior_of(name: str, codes: Tensor, labels: Tensor):
    if name == "flow":
        return LatentFlow(width=32, blocks=1, steps=20).fit(codes, labels)
    return PRIORS[name]().fit(codes, labels)


def share_in_bumps(samples: Tensor) -> float:
    """How many samples lie within 2 (4 σ) of a bump's centre."""
    centres = torch.tensor([[-4.0, 0], [4.0, 0]])
    return (torch.cdist(samples, centres).amin(1) < 2).float().mean().item()


def test_a_gaussian_has_the_codes_mean_and_covariance(two_bumps):
    codes, labels = two_bumps
    samples = Gaussian().fit(codes, labels).sample(20_000, generator())
    torch.testing.assert_close(samples.mean(0), codes.mean(0), atol=0.1, rtol=0)
    torch.testing.assert_close(torch.cov(samples.T), torch.cov(codes.T), atol=0.3, rtol=0)
    assert share_in_bumps(samples) < 0.6  # one bump cannot be two


def test_class_gaussians_find_the_classes_and_their_shares(two_bumps):
    samples = ClassGaussian().fit(*two_bumps).sample(8000, generator())
    assert share_in_bumps(samples) > 0.99
    assert (samples[:, 0] > 0).float().mean().item() == pytest.approx(0.25, abs=0.03)


def test_a_mixture_recovers_a_known_mixture_without_labels(two_bumps):
    codes, _ = two_bumps
    mixture = GaussianMixture().fit(codes, torch.zeros(len(codes), dtype=torch.int64))
    samples = mixture.sample(8000, generator())
    assert len(mixture.weights) >= 2
    assert share_in_bumps(samples) > 0.99
    assert (samples[:, 0] > 0).float().mean().item() == pytest.approx(0.25, abs=0.03)


def test_a_flow_learns_both_bumps_and_their_width(small_flow):
    samples = small_flow.sample(4000, generator())
    assert share_in_bumps(samples) > 0.97
    assert (samples[:, 0] > 0).float().mean().item() == pytest.approx(0.25, abs=0.04)
    assert samples[samples[:, 0] > 0][:, 1].std().item() == pytest.approx(0.5, abs=0.12)


def test_a_flow_learns_in_bfloat16_too(two_bumps, small_flow):
    flow = LatentFlow(width=64, blocks=2, steps=600, batch_size=256, precision="bf16")
    samples = flow.fit(*two_bumps).sample(4000, generator())
    assert share_in_bumps(samples) > 0.97


def test_an_equation_is_integrated_to_second_order():
    def error(steps: int) -> float:  # dx/dt = 2 t x from x(0) = 1 ends at e
        end = integrate(lambda x, time: 2 * time * x, torch.ones(1, dtype=torch.float64), steps)
        return abs(end.item() - math.e)

    assert error(16) < 0.01
    assert error(16) / error(32) == pytest.approx(4, rel=0.1)


def test_a_flow_in_few_steps_arrives_where_many_steps_lead(small_flow, monkeypatch):
    few = small_flow.sample(500, generator())
    monkeypatch.setattr(small_flow, "ode_steps", 200)
    many = small_flow.sample(500, generator())
    assert (few - many).square().mean().sqrt() < 0.02 * many.std()


def test_a_draw_that_is_thrown_far_out_stays_where_it_began(two_bumps, monkeypatch):
    codes, labels = two_bumps
    flow = LatentFlow(width=32, blocks=1, steps=20).fit(codes, labels)

    def throw(x, time, labels):
        velocity = torch.zeros_like(x)
        velocity[5], velocity[6] = 1000.0, torch.nan
        return velocity

    monkeypatch.setattr(flow.field, "forward", throw)
    samples = flow.sample(64, generator())
    assert samples.isfinite().all() and share_in_bumps(samples) > 0.99
    assert flow.sample(64, generator(), 50.0).norm(dim=1).max() > 20  # as was asked for


def test_a_flow_betters_the_mixture_that_it_begins_with(monkeypatch):
    monkeypatch.setattr("ballgen.priors.mixture.MAX_COMPONENTS", 4)
    angle = 2 * math.pi * torch.rand(4000, generator=generator())
    ring = torch.stack([angle.cos(), angle.sin()], 1)  # which four Gaussians are not
    labels = torch.zeros(4000, dtype=torch.int64)
    flow = LatentFlow(width=64, steps=600, batch_size=256).fit(ring, labels)

    def off(ode_steps: int) -> float:
        flow.ode_steps = ode_steps
        return (flow.sample(2000, generator()).norm(dim=1) - 1).square().mean().sqrt().item()

    assert off(ODE_STEPS) < 0.6 * off(0)


@pytest.mark.parametrize(("codes", "steps"), [(140, 601), (1400, 700), (20_000, 10**4)])
def test_few_codes_are_not_seen_so_often_that_they_are_memorised(codes, steps):
    shares: list[float] = []

    class Enough(Exception):
        pass

    def watch(share: float) -> None:
        shares.append(share)
        if len(shares) > 1:
            raise Enough

    flow = LatentFlow(width=8, blocks=1, steps=10**4, on_progress=watch)
    with pytest.raises(Enough):
        flow.fit(torch.randn(codes, 2, generator=generator()), torch.zeros(codes).long())
    assert shares == [0.0, pytest.approx(1 / steps)]


@pytest.mark.parametrize("name", FITTED)
def test_temperature_scales_the_spread(name, two_bumps, small_flow):
    prior = small_flow if name == "flow" else prior_of(name, *two_bumps)
    spreads = [prior.sample(2000, generator(), t)[:, 1].std() for t in (0.0, 0.5, 1.0)]
    assert spreads[0] < spreads[1] < spreads[2]


@pytest.mark.parametrize("name", FITTED)
def test_one_draw_at_several_temperatures_is_that_of_each(name, two_bumps, small_flow):
    prior = small_flow if name == "flow" else prior_of(name, *two_bumps)
    temperatures = [0.0, 0.7, 1.3]
    together = prior.sample_at(temperatures, 50, generator(4))
    apart = torch.stack([prior.sample(50, generator(4), t) for t in temperatures])
    torch.testing.assert_close(together, apart, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", FITTED)
def test_a_prior_comes_back_from_its_state(name, two_bumps, small_flow):
    prior = small_flow if name == "flow" else prior_of(name, *two_bumps)
    again = PRIORS[name].from_state_dict(prior.state_dict())
    assert torch.equal(prior.sample(10, generator()), again.sample(10, generator()))
    half = PRIORS[name].from_state_dict({k: v.half() for k, v in prior.state_dict().items()})
    assert half.sample(10, generator()).dtype == torch.float32
    missing = dict(list(prior.state_dict().items())[1:])
    with pytest.raises((KeyError, RuntimeError)):
        PRIORS[name].from_state_dict(missing)


@pytest.mark.parametrize("name", FITTED)
def test_same_seed_same_codes(name, two_bumps):
    prior = prior_of(name, *two_bumps)
    assert torch.equal(prior.sample(9, generator(5)), prior.sample(9, generator(5)))
    assert not torch.equal(prior.sample(9, generator(5)), prior.sample(9, generator(6)))


@pytest.mark.parametrize("name", PRIORS)
def test_the_first_codes_are_the_same_however_many_follow(name, two_bumps):
    prior = prior_of(name, *two_bumps)
    many = prior.sample(2 * BLOCK + 3, generator(7))
    for count in (1, 5, BLOCK, BLOCK + 1):
        assert torch.equal(prior.sample(count, generator(7)), many[:count])


@pytest.mark.parametrize("name", FITTED)
def test_few_codes_and_dead_dimensions_are_enough(name):
    codes = torch.randn(6, 8, generator=generator())
    codes[:, 3] = 0  # a collapsed posterior leaves such a dimension
    labels = torch.tensor([0, 0, 0, 1, 1, 3])  # class 2 never seen
    samples = prior_of(name, codes, labels).sample(20, generator())
    assert samples.shape == (20, 8)
    assert torch.isfinite(samples).all()
    assert samples[:, 3].abs().max() < 0.1


def test_standard_normal_ends_in_a_class_for_a_conditional_gan():
    samples = StandardNormal(3, [0.2, 0.8]).sample(5000, generator(), temperature=0.5)
    assert samples.shape == (5000, 5)
    assert samples[:, :3].std().item() == pytest.approx(0.5, abs=0.02)
    assert samples[:, 4].mean().item() == pytest.approx(0.8, abs=0.03)
    assert torch.equal(samples[:, 3:].sum(1), torch.ones(5000))


def test_fitting_the_standard_normal_finds_its_dimensions(two_bumps):
    codes, labels = two_bumps
    fitted = fit_priors(("normal", "gaussian"), codes, labels)
    assert list(fitted) == ["normal", "gaussian"]
    samples = fitted["normal"].sample(4000, generator())
    assert samples.shape == (4000, 2)
    assert samples.std().item() == pytest.approx(1, abs=0.03)


def test_a_conditional_gans_standard_normal_keeps_its_classes_when_it_is_fitted():
    prior = StandardNormal(3, [0.2, 0.8])
    before = prior.sample(9, generator())
    prior.fit(torch.randn(20, 5), torch.zeros(20, dtype=torch.int64))
    assert torch.equal(prior.sample(9, generator()), before)


def test_precision_is_that_of_the_flows_training(two_bumps, monkeypatch):
    codes, labels = (values[:20] for values in two_bumps)
    seen = []
    monkeypatch.setattr(LatentFlow, "_train", lambda flow, field, *_: seen.append(flow) or field)
    fit_priors(("flow",), codes, labels, precision="bf16")
    assert [flow.precision for flow in seen] == ["bf16"]


def test_bad_input_is_named():
    labels = torch.zeros(1, dtype=torch.int64)
    with pytest.raises(InputError, match="needs at least 2 codes, got 1"):
        Gaussian().fit(torch.zeros(1, 2), labels)
    with pytest.raises(InputError, match="must agree"):
        Gaussian().fit(torch.zeros(3, 2), labels)
    with pytest.raises(InputError, match="infinite or undefined"):
        Gaussian().fit(torch.full((3, 2), torch.inf), labels.repeat(3))
    with pytest.raises(InputError, match="unknown prior 'flw': choose from normal, gaussian"):
        check_prior("flw")
    with pytest.raises(InputError, match="unknown prior"):
        fit_priors(("flw",), torch.zeros(3, 2), labels.repeat(3))


def test_a_flow_that_has_little_time_still_ends_its_schedule(two_bumps, monkeypatch):
    monkeypatch.setattr("ballgen.priors.flow.MIN_STEPS", 10**6)
    step, seen, rates = torch.optim.AdamW.step, [], []

    def watched(self, *arguments):
        rates.append(self.param_groups[0]["lr"])
        return step(self, *arguments)

    monkeypatch.setattr(torch.optim.AdamW, "step", watched)
    started = perf_counter()
    flow = LatentFlow(width=64, steps=10**6, max_seconds=1.0, on_progress=seen.append)
    flow.fit(*two_bumps)
    assert 1 <= perf_counter() - started < 5
    assert seen == sorted(seen) and 0.5 < seen[-1] < 1
    assert rates[0] == pytest.approx(flow.learning_rate, rel=0.01) and rates[-1] < 0.5 * rates[0]
