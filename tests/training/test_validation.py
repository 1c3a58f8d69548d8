"""What is measured on held-out images after each epoch, and the best epoch by it."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import torch

from ballgen.experiment import Data, Experiment
from ballgen.models import Model
from ballgen.training.runner import UNPLANNED, Hooks, StageRunner
from ballgen.training.stages import training_stage
from ballgen.training.state import TrainState
from ballgen.training.validation import Validation
from tests.helpers.tiny import tiny_balls, tiny_model, tiny_recipe
from tests.helpers.training import begin

TRAIN, TEST = tiny_balls(20), tiny_balls(12, "test")  # batches of 8: three steps in an epoch
PLAIN = {"finetuning": "none", "reconstruction": "mse", "code_weight": 0.0}


class Killed(Exception):
    pass


def run(state: TrainState, folder: Path, validated: bool = True, **settings) -> TrainState:
    """The first stage, as an experiment runs it."""
    validation = Validation(TEST, 0, len(TRAIN)) if validated else None
    state_file = folder / "state"
    StageRunner(state, TRAIN, state_file, {}, 1e9, validation=validation, **settings).run(
        training_stage(state.model)
    )
    return state


def experiment(out: Path, name: str = "ae", resume: bool = False, **changes) -> Experiment:
    """One that saves itself after every step."""
    recipe = tiny_recipe(name, **{"priors": (), "scores": "fast", "epochs": 4} | changes)
    return Experiment(recipe, Data("balls", TRAIN, TEST), out, resume=resume, save_every=0)


def squared_error(model: Model) -> float:
    return (model.reconstruct(TEST.images()) - TEST.images()).square().mean().item()


def spoiled_after(step: int) -> Hooks:
    """From this step on the weights are noise, as those of a training that went wrong."""

    def spoil(state: TrainState) -> None:
        if state.step >= step:
            generator = torch.Generator().manual_seed(state.step)
            with torch.no_grad():
                for model in (state.model, state.result):
                    for weights in model.parameters():
                        weights.copy_(0.3 * torch.randn(weights.shape, generator=generator))

    return Hooks(on_step=spoil)


def without_time(history: list[dict]) -> list[dict]:
    return [row | {"seconds": 0} for row in history]


@pytest.mark.parametrize("name", ("ae", "vae", "gan", "lab4-vae", "lab4-gan"))
def test_a_training_takes_the_same_steps_with_validation_and_without(name, tmp_path):
    changes = {"finetuning": "none"} if name in ("ae", "vae") else {}
    both = [
        run(begin(tiny_model(name, TRAIN, **changes), 18), tmp_path, validated)
        for validated in (True, False)
    ]
    for (key, tensor), other in zip(
        both[0].tensors().items(), both[1].tensors().values(), strict=True
    ):
        assert torch.equal(tensor, other), key
    known = both[1].history[-1].keys()
    assert without_time(both[1].history) == [
        {name: value for name, value in row.items() if name in known}
        for row in without_time(both[0].history)
    ]
    assert known < both[0].history[-1].keys()


@pytest.mark.parametrize("ema_decay", (0.0, 0.9))
def test_the_loss_is_that_of_the_weights_to_keep_on_images_that_stay_in_their_place(
    ema_decay, tmp_path
):
    model = tiny_model("ae", TRAIN, shift=3, ema_decay=ema_decay, **PLAIN)
    state = run(begin(model, 6), tmp_path)
    assert state.history[-1]["val_mse"] == pytest.approx(squared_error(state.result), rel=1e-4)
    assert state.history[-1]["val_loss"] == state.history[-1]["val_mse"]
    assert state.history[0]["val_mse"] != state.history[-1]["val_mse"]
    assert state.model.training


def test_the_noise_is_the_same_in_each_epoch_and_another_for_another_seed():
    state = begin(tiny_model("vae", TRAIN), 6)
    first, again, other = (Validation(TEST, seed, 0).measure(state) for seed in (0, 0, 1))
    assert first == again
    assert first["val_mse"] != other["val_mse"] and first["val_kl"] == other["val_kl"]


@pytest.mark.parametrize(("train_count", "taken"), [(16, 8), (96, 12), (4800, 24)])
def test_some_images_of_every_class_are_taken_by_how_many_are_trained_on(
    train_count, taken, monkeypatch
):
    monkeypatch.setattr("ballgen.training.validation.MIN_IMAGES", 8)
    monkeypatch.setattr("ballgen.training.validation.MAX_IMAGES", 24)
    images = Validation(tiny_balls(60, "test"), 0, train_count).images
    assert len(images) == taken
    assert set(images.labels.tolist()) == set(range(len(images.class_names)))


def test_samples_of_a_gan_are_compared_every_few_epochs_and_in_the_last(tmp_path):
    history = run(begin(tiny_model("gan", TRAIN), 3 * 11 + 1), tmp_path).history
    assert [row["epoch"] for row in history if "val_kid" in row] == [5, 10, 12]
    assert not any("val_loss" in row for row in history)
    kids = {row["epoch"]: row["val_kid"] for row in history if "val_kid" in row}
    assert history[-1]["best_epoch"] == min(kids, key=kids.get)
    assert ["best_epoch" in row for row in history] == [False] * 4 + [True] * 8


@pytest.mark.parametrize("name", ("ae", "gan"))
def test_the_last_row_of_a_run_that_the_clock_ends_is_validated(name, tmp_path):
    changes = {"finetuning": "none"} if name == "ae" else {}
    state = begin(tiny_model(name, TRAIN, **changes), UNPLANNED)
    state.stage_seconds = [1e-9]
    history = run(state, tmp_path).history
    assert len(history) == 1 and history[0]["images"] == 8
    assert ("val_kid" if name == "gan" else "val_loss") in history[0]


def test_epochs_that_end_before_a_stage_is_planned_are_validated_too(tmp_path):
    state = begin(tiny_model("ae", TRAIN, **PLAIN), UNPLANNED)
    state.stage_seconds = [0.5]
    history = run(state, tmp_path).history
    assert len(history) > 1 and all("val_loss" in row for row in history)


def test_the_clock_of_a_training_runs_meanwhile(tmp_path, monkeypatch):
    ticks = itertools.count()
    monkeypatch.setattr("ballgen.training.loop.time.perf_counter", lambda: float(next(ticks)))
    measure = Validation.measure

    def slow(self, state):
        for _ in range(1000):
            next(ticks)
        return measure(self, state)

    monkeypatch.setattr(Validation, "measure", slow)
    state = run(begin(tiny_model("ae", TRAIN, **PLAIN), 6), tmp_path)
    assert 2000 < state.seconds < 2050


def test_what_is_not_finite_is_left_out(tmp_path, monkeypatch):
    terms = {"loss": float("inf"), "mse": float("nan"), "kl": 2.0}
    monkeypatch.setattr(Validation, "_loss", lambda *_: terms)
    row = run(begin(tiny_model("vae", TRAIN, finetuning="none"), 3), tmp_path).history[0]
    assert row["val_kl"] == 2.0
    assert not {"val_loss", "val_mse", "best_epoch"} & row.keys()


@pytest.mark.parametrize("keep_best", (False, True))
def test_the_best_epoch_is_marked_and_its_weights_are_kept_where_asked(keep_best, tmp_path):
    made = experiment(tmp_path, keep_best=keep_best, **PLAIN)
    checkpoint = made.run(spoiled_after(7))  # in the middle of the third epoch
    history = checkpoint.history
    losses = [row["val_loss"] for row in history]
    assert losses[1] < losses[0] < min(losses[2:])
    assert [row["best_epoch"] for row in history] == [1, 2, 2, 2]
    error = squared_error(checkpoint.model)
    assert error == pytest.approx(losses[1], rel=1e-3) if keep_best else error > 2 * losses[1]
    assert checkpoint.record["best"] == {"epoch": 2, "epochs": 4}
    card = (made.folder / "README.md").read_text()
    assert "| best epoch by validation | 2 of 4 |" in card
    assert f"| mse | {history[3]['mse']:.4g} | {history[3]['val_mse']:.4g} |" in card


def test_a_gans_best_weights_are_kept_too(tmp_path):
    ends = {}

    def look(state):
        if state.step % 3 == 0:
            ends[state.step // 3] = {k: v.clone() for k, v in state.result.state_dict().items()}
        spoiled_after(15).on_step(state)

    changes = {"epochs": 6, "keep_best": True, "learning_rate": 1e-5}
    checkpoint = experiment(tmp_path, "gan", **changes).run(Hooks(look))
    best = checkpoint.record["best"]["epoch"]
    assert best == min((5, 6), key=lambda epoch: checkpoint.history[epoch - 1]["val_kid"])
    for key, tensor in checkpoint.model.state_dict().items():
        assert torch.equal(tensor, ends[best][key]), key


def test_fine_tuning_starts_from_the_best_weights_and_has_no_best_epoch_of_its_own(tmp_path):
    made = experiment(tmp_path, share=0.5, keep_best=True)
    found = {}

    def look(state):
        if state.step <= state.first_step(1):
            spoiled_after(4).on_step(state)
        if state.step in (3, 7):
            found[state.step] = squared_error(state.result)

    checkpoint = made.run(Hooks(look))
    assert found[7] < 1.5 * found[3]  # a step of fine-tuning later
    assert [row.get("best_epoch") for row in checkpoint.history] == [1, 1, None, None]
    assert all("val_loss" in row for row in checkpoint.history)
    assert (
        "| best epoch by validation | 1 of 2, then fine-tuning |"
        in (made.folder / "README.md").read_text()
    )


def test_a_stage_that_ends_within_an_epoch_may_end_best(tmp_path, monkeypatch):
    """After 1.6 epochs the weights of the first one would be those of a younger model."""
    errors, kept = {}, []
    load = TrainState.load_best_weights

    def look(state):
        errors[state.step] = squared_error(state.result)

    def watched(state):
        load(state)
        kept.append(squared_error(state.result))

    monkeypatch.setattr(TrainState, "load_best_weights", watched)
    changes = {"reconstruction": "mse", "code_weight": 0.0, "share": 0.2, "keep_best": True}
    experiment(tmp_path, epochs=2, **changes).run(Hooks(look))
    assert errors[5] < errors[3]
    assert kept == [errors[5]]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "epochs", "changes", "at"),
    [("ae", 5, {"share": 0.5}, at) for at in (3, 4, 15)]
    + [("vae", 4, {"finetuning": "none"}, at) for at in (7,)]
    + [("gan", 6, {}, at) for at in (16,)],
)
def test_a_killed_run_ends_with_the_same_weights_and_history(name, epochs, changes, at, tmp_path):
    hooks = spoiled_after(15 if name == "gan" else 4)

    def kill(state):
        hooks.on_step(state)
        if state.step == at:
            raise Killed

    changes = {"keep_best": True, "epochs": epochs} | changes
    whole = experiment(tmp_path / "whole", name, **changes).run(hooks)
    with pytest.raises(Killed):
        experiment(tmp_path / "parts", name, **changes).run(Hooks(kill))
    done = experiment(tmp_path / "parts", name, resume=True, **changes).run(hooks)
    assert without_time(done.history) == without_time(whole.history)
    for key, tensor in whole.model.state_dict().items():
        assert torch.equal(tensor, done.model.state_dict()[key]), key
