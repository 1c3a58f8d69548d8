from __future__ import annotations

import pytest
import torch

from ballgen.errors import InputError
from ballgen.experiment import Experiment, load_data
from ballgen.models import Batch
from ballgen.models.autoencoder import STORE
from ballgen.models.polish import with_the_critics_pull
from ballgen.training.loop import Training, train
from tests.helpers.tiny import tiny_balls, tiny_model, tiny_recipe


def test_the_encoder_rests_while_critic_and_decoder_move():
    balls = tiny_balls(16)
    model = tiny_model("vae", balls, polish=0.5, ema_decay=0.0)
    training = Training(model, steps=6)
    train(training, balls, after_step=lambda training: training.step < 3)
    before = {k: v.clone() for k, v in model.named_parameters()}
    train(training, balls)
    moving = {k.split(".")[0] for k, v in model.named_parameters() if not torch.equal(v, before[k])}
    assert moving == {"decoder", "critic"}


def test_a_critic_is_not_told_classes_that_the_priors_codes_have_not():
    with pytest.raises(InputError, match="judges codes that have no class: set conditional=false"):
        tiny_model("vae", tiny_balls(8), polish=0.5, conditional=True)


def test_nobody_plays_the_critic_before():
    balls = tiny_balls(16)
    model = tiny_model("ae", balls, polish=0.5, ema_decay=0.0)
    before = {k: v.clone() for k, v in model.critic.named_parameters()}
    training = Training(model, steps=8)
    train(training, balls, after_step=lambda training: training.step < 4)
    assert all(torch.equal(v, before[k]) for k, v in model.critic.named_parameters())
    assert "discriminator" not in training.history[0]
    train(training, balls)
    assert {"mse", "sigma", "code", "generator", "discriminator"} <= training.history[-1].keys()


def test_the_priors_codes_are_drawn_before_the_steps_whose_seconds_count(tmp_path, monkeypatch):
    recipe = tiny_recipe("vae", polish=0.5, prior="gaussian", priors=("gaussian",), epochs=2)
    started = []

    def watched(training, *args):
        started.append((training.step, training.model._drawn is not None))
        return train(training, *args)

    monkeypatch.setattr("ballgen.experiment.train", watched)
    Experiment(recipe, load_data("sportballs", recipe, limit=32), tmp_path).run()
    (first, before), (later, after) = started
    assert first == 0 < later
    assert (before, after) == (False, True)


def a_batch(model, count: int = 8) -> Batch:
    balls = tiny_balls(count)
    return Batch(balls.images(), balls.labels, 0, torch.Generator().manual_seed(0))


@pytest.mark.parametrize("weight", (0.0, 0.5, 2.0))
def test_the_critics_pull_has_the_length_asked_for_and_no_value(weight):
    model = tiny_model("ae", tiny_balls(8), polish_weight=weight)
    batch = a_batch(model)
    codes = model.encoder(batch.images).detach()
    seen = []

    def decoder(codes):
        pictures = model.decoder(codes)
        pictures.register_hook(seen.append)
        return pictures

    rebuilt = model.decoder(codes).requires_grad_()
    error = (rebuilt - batch.images).square().sum()
    loss, terms = with_the_critics_pull(
        model.critic, decoder, model.recipe, codes, batch, error, rebuilt
    )
    assert loss.item() == pytest.approx(error.item())
    assert terms["generator"].item() > 0
    own = (2 * (rebuilt - batch.images)).norm().item()
    seen.clear()  # the first was the critic's, before it was scaled
    loss.backward()
    assert seen[-1].norm().item() == pytest.approx(weight * own, rel=1e-4)


def test_who_rests_rests_for_the_average_too():
    balls = tiny_balls(16)
    model = tiny_model("ae", balls, polish=0.5, ema_decay=0.9)
    training = Training(model, steps=8)
    train(training, balls, after_step=lambda training: training.step < 4)
    resting = {k: v.clone() for k, v in training.average.encoder.state_dict().items()}
    assert any(not torch.equal(v, resting[k]) for k, v in model.encoder.state_dict().items())
    train(training, balls)
    for network in (model.encoder, training.average.encoder):
        assert all(torch.equal(v, resting[k]) for k, v in network.state_dict().items())


@pytest.mark.parametrize("player", ("critic", "decoder"))
def test_the_critic_judges_what_comes_of_the_priors_codes(player):
    balls = tiny_balls(16)
    # Codes as the prior draws them: refined ones would hang on the decoder of the moment.
    model = tiny_model("ae", balls, priors=("gaussian",), prior="gaussian", refine=0)
    seen = []
    model.decoder.register_forward_hook(lambda module, inputs, output: seen.append(inputs[0]))
    for fitted in (False, True):  # N(0, I) as long as there is no other
        if fitted:
            model.fit_priors(balls.images(), balls.labels)
        seen.clear()
        model.objective(player, a_batch(model))
        drawn = model.sample_codes(STORE)
        assert (seen[-1][:, None] == drawn).all(2).any(1).all()
        assert len(seen[-1].unique(dim=0)) > 1


def test_a_penalty_keeps_codes_small():
    balls = tiny_balls(64)
    sizes = []
    for weight in (0.0, 100.0):
        model = tiny_model("ae", balls, code_weight=weight, learning_rate=3e-3, polish=0.0)
        trained = train(Training(model, steps=150), balls).result
        sizes.append(trained.encode(balls.images()).square().mean().item())
    assert sizes[1] < 0.5 * sizes[0]
