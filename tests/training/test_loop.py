from __future__ import annotations

import pytest
import torch

from ballgen.errors import InputError
from ballgen.training.loop import Training, train
from ballgen.training.resume import load_state, save_state
from tests.helpers.tiny import tiny_balls, tiny_model

FAMILIES = ("ae", "vae", "gan", "lab4-vae")


def weights(training: Training) -> dict[str, torch.Tensor]:
    return training.result.state_dict()


@pytest.mark.parametrize("polish", (0.0, 0.6))
@pytest.mark.parametrize("name", FAMILIES)
def test_a_resumed_run_ends_as_the_uninterrupted_one_bit_for_bit(name, polish, tmp_path):
    balls = tiny_balls(20)  # with batches of 8, the last one of an epoch holds 4
    whole = train(Training(tiny_model(name, balls, polish=polish), steps=7), balls)

    stopped = Training(tiny_model(name, balls, polish=polish), steps=7, paces=[1.0, 2.0])
    train(stopped, balls, after_step=lambda training: training.step < 4)  # amid the second epoch
    assert stopped.step == 4
    save_state(tmp_path / "state", stopped, {"seed": 0})
    resumed = load_state(
        tmp_path / "state", tiny_model(name, balls, seed=9, polish=polish), {"seed": 0}
    )
    assert resumed.paces == [1.0, 2.0]
    train(resumed, balls)

    for key, tensor in weights(whole).items():
        assert torch.equal(tensor, weights(resumed)[key]), key
    for row, other in zip(whole.history, resumed.history, strict=True):
        assert {**row, "seconds": 0} == {**other, "seconds": 0}


def test_history_holds_means_over_the_epochs_images():
    balls = tiny_balls(20)
    frozen = {"learning_rate": 1e-9, "ema_decay": 0.0, "polish": 0.0, "code_weight": 0.0}
    model = tiny_model("ae", balls, reconstruction="mse", shift=0, **frozen)
    training = Training(model, steps=6)
    train(training, balls)
    first, second = training.history
    assert (first["epoch"], first["images"], second["images"]) == (1, 20, 40)
    model = training.model
    # With next to no learning, the epoch's mean is the set's, the small last batch included.
    error = (model.reconstruct(balls.images()) - balls.images()).square().mean().item()
    assert first["mse"] == pytest.approx(error, rel=1e-4)
    assert first["loss"] == first["mse"]


def test_a_gans_terms_are_named_and_r1_comes_every_so_often():
    balls = tiny_balls(16)
    training = train(Training(tiny_model("gan", balls, r1_every=2), steps=2), balls)
    row = training.history[0]
    assert {"discriminator", "generator", "inversion", "r1"} <= row.keys()
    # The loss is what the three players minimise together; R1 counts where it was computed.
    expected = row["discriminator"] + row["generator"] + row["inversion"] + row["r1"]
    assert row["loss"] == pytest.approx(expected, rel=1e-4)


def test_each_player_moves_only_its_own_parameters():
    balls = tiny_balls(8)
    model = tiny_model("gan", balls)
    movable, objective = {}, model.objective

    def watched(player, batch):
        movable[player] = {name for name, p in model.named_parameters() if p.requires_grad}
        return objective(player, batch)

    model.objective = watched
    train(Training(model, steps=1), balls)
    names = {parameter: name for name, parameter in model.named_parameters()}
    own = {
        player: {names[p] for part in parts for p in part.parameters()}
        for player, parts in model.players().items()
    }
    assert movable == own and len(own) == 3


def test_unshuffled_epochs_see_the_pictures_in_order():
    balls = tiny_balls(16)
    seen = []
    model = tiny_model("lab4-ae", balls)
    objective = model.objective

    def watched(player, batch):
        seen.append(batch.images)
        return objective(player, batch)

    model.objective = watched
    train(Training(model, steps=2), balls)
    assert torch.equal(torch.cat(seen), balls.images())


def test_the_average_follows_the_weights():
    balls = tiny_balls(8)
    training = train(Training(tiny_model("ae", balls, ema_decay=0.5), steps=30), balls)
    model, average = training.model, training.result
    assert average is not model
    gap = sum(
        (a - b).abs().sum() for a, b in zip(average.parameters(), model.parameters(), strict=True)
    )
    size = sum(b.abs().sum() for b in model.parameters())
    assert 0 < gap < 0.1 * size


def test_same_seed_same_weights_and_another_seed_others():
    balls = tiny_balls(16)
    runs = [
        weights(train(Training(tiny_model("vae", balls, seed), 3, seed=seed), balls))
        for seed in (0, 0, 1)
    ]
    assert all(torch.equal(runs[0][key], runs[1][key]) for key in runs[0])
    assert not all(torch.equal(runs[0][key], runs[2][key]) for key in runs[0])


def test_time_left_knows_that_later_steps_are_slower():
    model = tiny_model("ae", tiny_balls(8), polish=0.5)
    training = Training(model, steps=100, paces=[1.0, 3.0])
    assert training.seconds_left(2.0) == pytest.approx(50 * 2 + 50 * 6)
    training.step = 75
    assert training.seconds_left(6.0) == pytest.approx(25 * 6)
    assert Training(model, steps=100).seconds_left(2.0) == pytest.approx(200)


def test_no_gradient_is_longer_than_the_recipe_allows():
    def lengths(clip):
        training = Training(tiny_model("vae", tiny_balls(20), polish=0.0, clip=clip), steps=3)
        found = []

        def measure(training):
            gradients = [p.grad for p in training.model.parameters() if p.grad is not None]
            found.append(float(torch.cat([g.flatten() for g in gradients]).norm()))
            return True

        train(training, tiny_balls(20), measure)
        return found

    free = lengths(0.0)
    assert min(free) > 2
    assert max(lengths(2.0)) == pytest.approx(2.0, rel=1e-3)
    assert lengths(1e9) == free


@pytest.mark.parametrize("name", ("ae", "vae", "gan"))
def test_a_training_that_diverged_is_said_and_ends(name):
    training = Training(tiny_model(name, tiny_balls(20), learning_rate=0.02), steps=7)

    def spoil(training):
        if training.step == 4:
            with torch.no_grad():
                next(training.model.parameters()).fill_(torch.nan)
        return True

    with pytest.raises(InputError, match=r"diverged in epoch 2: .* a learning_rate below 0\.02"):
        train(training, tiny_balls(20), spoil)
    assert [row["epoch"] for row in training.history] == [1]
