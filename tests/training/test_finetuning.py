from __future__ import annotations

import pytest
import torch

from ballgen.experiment import Data, Experiment
from ballgen.training.finetuning import add_adversarial_gradient, finetuning_stage
from tests.helpers.tiny import tiny_balls, tiny_model, tiny_recipe
from tests.helpers.training import a_batch, begin, train


def test_the_encoder_is_frozen_while_discriminator_and_decoder_learn():
    balls = tiny_balls(16)
    state = begin(tiny_model("vae", balls, share=0.5, ema_decay=0.0), 6)
    found = {}

    def look(state):
        weights = state.model.state_dict()
        for name, module in state.extra.items():
            weights |= {f"{name}.{k}": v for k, v in module.state_dict().items()}
        found[state.step] = {k: v.clone() for k, v in weights.items()}
        return True

    train(state, balls, look)
    moved = {k.split(".")[0] for k, v in found[6].items() if not torch.equal(v, found[4][k])}
    assert moved == {"decoder", "discriminator"}
    assert not any(k.startswith("discriminator") for k in found[3])


def test_what_the_first_stage_lacks_the_second_records():
    balls = tiny_balls(16)
    history = train(begin(tiny_model("ae", balls, share=0.5), 8), balls).history
    assert "discriminator" not in history[0]
    assert {"mse", "sigma", "code", "generator", "discriminator"} <= history[-1].keys()


@pytest.mark.parametrize("weight", (0.0, 0.5, 2.0))
def test_the_adversarial_gradient_has_the_norm_asked_for_and_no_value(weight):
    torch.manual_seed(0)
    decoded, generated = (torch.rand(4, 3, 8, 8, requires_grad=True) for _ in range(2))
    images = torch.rand(4, 3, 8, 8)
    loss = (decoded - images).square().sum()
    fooled = generated.pow(3).mean()
    total = add_adversarial_gradient(loss, decoded, fooled, generated, weight)
    assert total.item() == pytest.approx(loss.item())
    total.backward()
    own = 2 * (decoded - images)
    torch.testing.assert_close(decoded.grad, own)
    assert generated.grad.norm().item() == pytest.approx(weight * own.norm().item(), rel=1e-4)


def test_a_frozen_encoder_is_its_average():
    balls = tiny_balls(16)
    state = begin(tiny_model("ae", balls, share=0.5, ema_decay=0.9), 8)
    train(state, balls, after_step=lambda state: state.step < 4)
    frozen = {k: v.clone() for k, v in state.ema.encoder.state_dict().items()}
    assert any(not torch.equal(v, frozen[k]) for k, v in state.model.encoder.state_dict().items())
    train(state, balls)
    for network in (state.model.encoder, state.ema.encoder):
        assert all(torch.equal(v, frozen[k]) for k, v in network.state_dict().items())


def test_both_losses_judge_what_comes_of_the_given_codes():
    balls = tiny_balls(16)
    model = tiny_model("ae", balls, share=0.5)
    codes = torch.randn(32, model.latent_dim)
    seen = []
    model.decoder.register_forward_hook(lambda module, inputs, output: seen.append(inputs[0]))
    for group in finetuning_stage(model, codes, 0).groups:
        seen.clear()
        group.loss(a_batch(balls))
        assert (seen[-1][:, None] == codes).all(2).any(1).all(), group.name
        assert len(seen[-1].unique(dim=0)) > 1


def test_the_codes_are_the_fitted_priors_of_the_frozen_encoder(tmp_path, monkeypatch):
    given = {}

    def watched(model, codes, seed):
        given["codes"], given["encoder"] = codes, model.encoder.state_dict()
        return finetuning_stage(model, codes, seed)

    monkeypatch.setattr("ballgen.experiment.finetuning_stage", watched)
    recipe = tiny_recipe("vae", share=0.5, prior="gaussian", priors="gaussian")
    data = Data("balls", tiny_balls(32), tiny_balls(24, "test"))
    model = Experiment(recipe, data, tmp_path).run().model
    drawn = given["codes"]
    fitted = model.priors["gaussian"]
    torch.testing.assert_close(drawn.mean(0), fitted.mean, atol=0.1, rtol=0.1)
    for name, weight in model.encoder.state_dict().items():
        assert torch.equal(weight, given["encoder"][name]), name


def test_a_penalty_keeps_codes_small():
    balls = tiny_balls(64)
    sizes = []
    for weight in (0.0, 100.0):
        changes = {"code_weight": weight, "learning_rate": 3e-3, "finetuning": "none"}
        trained = train(begin(tiny_model("ae", balls, **changes), 150), balls).result
        sizes.append(trained.encode(balls.images()).square().mean().item())
    assert sizes[1] < 0.5 * sizes[0]
