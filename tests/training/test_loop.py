from __future__ import annotations

import pytest
import torch

from ballgen.errors import InputError
from ballgen.training.loop import add_to_totals
from ballgen.training.state import TrainState, load_state, save_state
from tests.helpers.tiny import tiny_balls, tiny_model
from tests.helpers.training import begin, train

FAMILIES = ("ae", "vae", "gan", "lab4-vae")


def weights(state: TrainState) -> dict[str, torch.Tensor]:
    return state.result.state_dict()


@pytest.mark.parametrize("stop_at", (2, 4, 6))
@pytest.mark.parametrize(
    ("name", "changes"),
    [(name, {}) for name in FAMILIES]
    + [("ae", {"share": 0.4}), ("vae", {"share": 0.4}), ("lab4-vae", {"share": 0.4})],
)
def test_a_resumed_run_ends_as_the_uninterrupted_one_bit_for_bit(name, changes, stop_at, tmp_path):
    balls = tiny_balls(20)  # with batches of 8, the last one of an epoch holds 4
    changes = changes or ({"finetuning": "none"} if name in ("ae", "vae") else {})
    whole = train(begin(tiny_model(name, balls, **changes), 7), balls)

    stopped = begin(tiny_model(name, balls, **changes), 7)
    train(stopped, balls, after_step=lambda state: state.step < stop_at)
    assert stopped.step == stop_at
    save_state(tmp_path / "state", stopped, {"seed": 0})
    fresh = tiny_model(name, balls, seed=9, **changes)
    resumed = train(load_state(tmp_path / "state", fresh, {"seed": 0}), balls)

    for key, tensor in weights(whole).items():
        assert torch.equal(tensor, weights(resumed)[key]), key
    for row, other in zip(whole.history, resumed.history, strict=True):
        assert {**row, "seconds": 0} == {**other, "seconds": 0}


def test_history_holds_means_over_the_epochs_images():
    balls = tiny_balls(20)
    frozen = {"learning_rate": 1e-9, "ema_decay": 0.0, "finetuning": "none", "code_weight": 0.0}
    model = tiny_model("ae", balls, reconstruction="mse", shift=0, **frozen)
    first, second = train(begin(model, 6), balls).history
    assert (first["epoch"], first["images"], second["images"]) == (1, 20, 40)
    # With next to no learning, the epoch's mean is the set's, the small last batch included.
    error = (model.reconstruct(balls.images()) - balls.images()).square().mean().item()
    assert first["mse"] == pytest.approx(error, rel=1e-4)
    assert first["loss"] == first["mse"]


def test_a_count_is_not_rounded_to_what_a_term_is_computed_in():
    totals: dict[str, torch.Tensor] = {}
    for _ in range(3):
        add_to_totals(totals, {"loss": torch.tensor(0.5, dtype=torch.bfloat16)}, 1000 / 3)
    assert totals["loss"].tolist() == pytest.approx([500, 1000], rel=1e-12)


def test_a_gans_terms_are_named_and_r1_comes_every_so_often():
    balls = tiny_balls(32)
    row = train(begin(tiny_model("gan", balls, r1_every=2), 4), balls).history[0]
    assert {"discriminator", "generator", "inversion", "r1"} <= row.keys()
    # The loss is what the three networks minimise together; R1 counts where it was computed.
    expected = row["discriminator"] + row["generator"] + row["inversion"] + row["r1"]
    assert row["loss"] == pytest.approx(expected, rel=1e-4)


def test_a_gan_generates_once_a_step_for_all_its_networks():
    balls = tiny_balls(8)
    model = tiny_model("gan", balls)
    calls = {"generator": 0, "discriminator": 0, "encoder": 0}

    def count(name):
        def called(*_):
            calls[name] += 1

        return called

    for name in calls:
        getattr(model, name).register_forward_hook(count(name))
    train(begin(model, 5), balls)
    # The discriminator sees real and generated images, and the generator's once more; the encoder
    # learns in every second step.
    assert calls == {"generator": 5, "discriminator": 15, "encoder": 3}


def test_each_networks_loss_updates_only_its_own_parameters():
    balls = tiny_balls(8)
    model = tiny_model("gan", balls)
    trainable, loss = {}, model.loss

    def watched(network, batch):
        trainable[network] = {name for name, p in model.named_parameters() if p.requires_grad}
        return loss(network, batch)

    model.loss = watched
    train(begin(model, 1), balls)
    names = {parameter: name for name, parameter in model.named_parameters()}
    own = {
        network: {names[p] for module in modules for p in module.parameters()}
        for network, modules in model.networks().items()
    }
    assert trainable == own
    assert len(own) == 3


def test_unshuffled_epochs_see_the_images_in_order():
    balls = tiny_balls(16)
    seen = []
    model = tiny_model("lab4-ae", balls)
    loss = model.loss

    def watched(network, batch):
        seen.append(batch.images)
        return loss(network, batch)

    model.loss = watched
    train(begin(model, 2), balls)
    assert torch.equal(torch.cat(seen), balls.images())


def test_the_average_follows_the_weights():
    balls = tiny_balls(8)
    state = train(begin(tiny_model("ae", balls, ema_decay=0.5, finetuning="none"), 30), balls)
    model, average = state.model, state.result
    assert average is not model
    gap = sum(
        (a - b).abs().sum() for a, b in zip(average.parameters(), model.parameters(), strict=True)
    )
    size = sum(b.abs().sum() for b in model.parameters())
    assert 0 < gap < 0.1 * size


def test_same_seed_same_weights_and_another_seed_others():
    balls = tiny_balls(16)
    runs = [
        weights(train(begin(tiny_model("vae", balls, seed), 3, seed), balls)) for seed in (0, 0, 1)
    ]
    assert all(torch.equal(runs[0][key], runs[1][key]) for key in runs[0])
    assert not all(torch.equal(runs[0][key], runs[2][key]) for key in runs[0])


def test_no_gradient_is_longer_than_the_recipe_allows():
    def lengths(clip):
        state = begin(tiny_model("vae", tiny_balls(20), finetuning="none", clip=clip), 3)
        found = []

        def measure(state):
            gradients = [p.grad for p in state.model.parameters() if p.grad is not None]
            found.append(float(torch.cat([g.flatten() for g in gradients]).norm()))
            return True

        train(state, tiny_balls(20), measure)
        return found

    free = lengths(0.0)
    assert min(free) > 2
    assert max(lengths(2.0)) == pytest.approx(2.0, rel=1e-3)
    assert lengths(1e9) == free


@pytest.mark.parametrize("name", ("ae", "vae", "gan"))
def test_a_training_that_diverged_is_said_and_ends(name):
    state = begin(tiny_model(name, tiny_balls(20), learning_rate=0.02), 7)

    def spoil(state):
        if state.step == 4:
            with torch.no_grad():
                next(state.model.parameters()).fill_(torch.nan)
        return True

    with pytest.raises(InputError, match=r"diverged in epoch 2: .*learning_rate below 0\.02"):
        train(state, tiny_balls(20), spoil)
    assert [row["epoch"] for row in state.history] == [1]
