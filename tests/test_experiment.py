"""An experiment's order: train, fit priors to a frozen encoder, fine-tune on them, score."""

from __future__ import annotations

import json
from functools import cache

import pytest
import torch

from ballgen import __version__
from ballgen.checkpoint.folder import Checkpoint
from ballgen.errors import InputError
from ballgen.experiment import Data, Experiment, load_data
from ballgen.training.runner import Hooks
from tests.helpers.finished import rewrite
from tests.helpers.tiny import tiny_balls, tiny_recipe

STEPS = 40  # five epochs of eight


@cache
def data() -> Data:
    return Data("balls", tiny_balls(64), tiny_balls(60, "test"))


def experiment(out, name="vae", changes=(), **settings) -> Experiment:
    own = {"epochs": 5, "share": 0.4, "ema_decay": 0.9, "scores": "fast"}
    own |= {"priors": "gaussian", "prior": "gaussian"}
    return Experiment(tiny_recipe(name, **own | dict(changes)), data(), out, **settings)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Checkpoint:
    """Of an experiment that nobody stopped."""
    return experiment(tmp_path_factory.mktemp("whole")).run()


def test_a_limit_leaves_the_test_images_as_they_are():
    recipe = tiny_recipe("vae")
    loaded = [load_data("sportballs", recipe, 16, limit, test_limit=60) for limit in (20, 40)]
    assert [len(each.train) for each in loaded] == [20, 40]
    assert len(loaded[0].test) == 60 and loaded[0].test.digest == loaded[1].test.digest
    assert len(load_data("sportballs", recipe, 16, 20).test) == 2000


@pytest.mark.parametrize("name", ("ae", "vae"))
def test_priors_are_fitted_to_the_codes_that_the_finished_model_makes(name, tmp_path):
    messages, steps = [], []
    begun = experiment(tmp_path, name)
    hooks = Hooks(
        on_step=lambda state: steps.append(state.step),
        on_message=lambda message: messages.append((message, steps[-1])),
    )
    model = begun.run(hooks).model
    assert messages == [("fitting priors", 24), ("scoring", STEPS)]
    codes = model.encode(begun.data.train.images())
    assert torch.allclose(model.priors["gaussian"].mean, codes.mean(0), atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("at", (23, 24, 25, 33, STEPS))
def test_stopped_around_the_fine_tuning_it_ends_as_if_never_stopped(at, whole, tmp_path):
    steps = []
    early = experiment(tmp_path / "parts")
    note = lambda state: steps.append(state.step)  # noqa: E731
    early.run(Hooks(note, should_stop=lambda: steps[-1] >= at))
    assert steps[-1] == at
    late = experiment(tmp_path / "parts", resume=True)
    done = late.run(Hooks(note))
    assert steps[at : at + 1] == [at + 1] * (at < STEPS)
    for name, tensor in whole.model.state_dict().items():
        assert torch.equal(tensor, done.model.state_dict()[name]), name
    for name, tensor in whole.model.priors["gaussian"].state_dict().items():
        assert torch.equal(tensor, done.model.priors["gaussian"].state_dict()[name]), name


def test_a_run_that_the_clock_ends_is_told_to_its_last_row(tmp_path):
    told = []
    note = lambda state: told.append((state.step, state.steps, len(state.history)))  # noqa: E731
    begun = experiment(tmp_path, minutes=1 / 60)
    checkpoint = begun.run(Hooks(note))
    history = checkpoint.history
    step = told[-1][0]
    assert told[-1] == (step, step, len(history))
    assert history[-1]["images"] == 8 * step  # the part of an epoch too
    assert 0.5 < checkpoint.record["seconds"] < 5  # a busy machine takes steps of any length
    assert checkpoint.record["seconds"] < checkpoint.record["whole_seconds"] < 60
    assert max(steps for _, steps, _ in told) < 10**6  # nobody is told of a run without a plan
    assert "discriminator" in history[-1]  # the fine-tuning had its share of the time
    assert "discriminator" not in history[0]


def test_time_that_is_up_before_a_stage_was_timed_leaves_no_stage_without_a_plan(tmp_path):
    told = []
    note = lambda state: told.append((state.step, state.steps))  # noqa: E731
    checkpoint = experiment(tmp_path, minutes=1e-9).run(Hooks(note))
    assert told[-1][0] == told[-1][1] == 2  # a step in each stage
    assert max(steps for _, steps in told) <= 2
    assert checkpoint.history[-1]["images"] == 16


@pytest.mark.slow
def test_another_length_is_another_run(tmp_path):
    said = []
    first = experiment(tmp_path, minutes=0.2 / 60).run()
    again = experiment(tmp_path, minutes=0.2 / 60, resume=True).run(Hooks(on_message=said.append))
    assert again.digest == first.digest and not said
    other = experiment(tmp_path, minutes=2 / 60, seed=1, resume=True)
    longer = other.run(Hooks(on_message=said.append))
    assert said[0] == f"{tmp_path / 'vae'} has another seed, minutes: begins anew, to replace it"
    assert longer.record["images"] > first.record["images"]
    steps = []
    stopped = experiment(tmp_path / "stopped", minutes=1)
    stopped.run(Hooks(lambda state: steps.append(state.step), should_stop=lambda: steps[-1] >= 2))
    with pytest.raises(InputError, match=r"other settings \(minutes was 1, is 2\)"):
        experiment(tmp_path / "stopped", minutes=2, resume=True).run()


def test_a_training_goes_on_with_the_threads_that_it_began_with(tmp_path):
    """Other numbers of threads add up in another order, so the bits would be others."""
    used, own = [], torch.get_num_threads()
    note = lambda state: used.append((state.step, torch.get_num_threads()))  # noqa: E731
    stop = lambda: used[-1][0] >= 2  # noqa: E731
    experiment(tmp_path, threads=own + 1).run(Hooks(note, should_stop=stop))
    assert torch.get_num_threads() == own
    with pytest.raises(
        InputError, match=rf"\(threads was {own + 1}, is {own + 2}\): give the same"
    ):
        experiment(tmp_path, threads=own + 2, resume=True).run()
    checkpoint = experiment(tmp_path, resume=True).run(Hooks(note))
    assert {threads for _, threads in used} == {own + 1}
    assert torch.get_num_threads() == own and checkpoint.record["threads"] == own + 1


def test_few_images_are_trained_on_for_as_many_epochs_as_make_the_least_steps(tmp_path):
    # Eight steps in an epoch, five epochs.
    checkpoint = experiment(tmp_path, changes={"min_steps": 50}).run()
    assert checkpoint.record["epochs"] == 7 and checkpoint.record["images"] == 7 * 64


def test_what_differs_is_named_setting_by_setting(tmp_path):
    experiment(tmp_path).run(Hooks(should_stop=lambda: True))
    other = experiment(tmp_path, resume=True, seed=4)
    other.recipe = other.recipe.changed({"training.batch_size": 32, "loss.kl_weight": 2.0})
    differences = (
        "loss.kl_weight was 1.0, is 2.0; training.batch_size was 8, is 32; seed was 0, is 4"
    )
    with pytest.raises(InputError) as caught:
        other.run()
    for difference in differences.split("; "):
        assert difference in str(caught.value)


def test_other_test_images_are_another_run(tmp_path):
    first = experiment(tmp_path).run()
    other = experiment(tmp_path, resume=True)
    other.data = other.data._replace(test=other.data.test.subset(slice(1, None)))
    said = []
    again = other.run(Hooks(on_message=said.append))
    assert said[0] == f"{other.folder} has another test set: begins anew, to replace it"
    assert again.record["data"]["test_digest"] != first.record["data"]["test_digest"]


def test_what_an_earlier_version_made_or_began_goes_on(tmp_path, monkeypatch):
    """Its recipe lacks a setting that came later."""
    now, steps = Experiment.identity.fget, []

    def then(self):
        identity = now(self)
        del identity["recipe"]["training"]["keep_best"]
        return identity

    with monkeypatch.context() as patch:
        patch.setattr(Experiment, "identity", property(then))
        experiment(tmp_path).run(Hooks(should_stop=lambda: True))
    hooks = Hooks(lambda state: steps.append(state.step))
    made = experiment(tmp_path, resume=True)
    made.run(hooks)
    assert steps[0] == 2
    rewrite(made.folder, lambda record: record["recipe"]["training"].pop("keep_best"))
    assert experiment(tmp_path, resume=True).run(hooks)
    assert steps[-1] == len(steps) + 1  # and nothing anew


def test_a_training_goes_on_with_the_test_images_that_it_began_with(tmp_path):
    experiment(tmp_path).run(Hooks(should_stop=lambda: True))
    other = experiment(tmp_path, resume=True)
    other.data = other.data._replace(test=other.data.test.subset(slice(1, None)))
    with pytest.raises(InputError, match=r"other settings \(another test set\)"):
        other.run()


def test_damage_to_what_resuming_needs_is_told(tmp_path):
    steps = []
    begun = experiment(tmp_path)
    begun.run(Hooks(lambda state: steps.append(state.step), should_stop=lambda: steps[-1] >= 2))
    whole = bytearray(begun.state_file.read_bytes())
    length = int.from_bytes(whole[:8], "little")
    header = json.loads(whole[8 : 8 + length])
    flipped = whole.copy()
    flipped[-5] ^= 1
    stateless = json.dumps(header | {"__metadata__": {"state": "{}"}}).encode()
    stateless = len(stateless).to_bytes(8, "little") + stateless + whole[8 + length :]
    for damaged in (flipped, stateless, whole[:-3], b""):
        begun.state_file.write_bytes(damaged)
        with pytest.raises(InputError, match=r"vae\.unfinished, .* is damaged .*train anew"):
            experiment(tmp_path, resume=True).run()
    begun.state_file.write_bytes(whole)
    assert experiment(tmp_path, resume=True).run()


def test_an_empty_folder_is_nothing_to_resume(tmp_path):
    (tmp_path / "vae").mkdir()
    assert experiment(tmp_path, resume=True).run().history


@pytest.mark.parametrize("name", ("", "..", "../up", "a/b", ".hidden"))
def test_a_name_that_leads_elsewhere_is_refused(name, tmp_path):
    begun = experiment(tmp_path)
    begun.recipe = begun.recipe.changed({"name": name})
    for start in (begun.check, begun.run):
        with pytest.raises(InputError, match="no name for a checkpoint"):
            start()


def test_only_a_checkpoint_or_an_empty_folder_is_replaced(tmp_path):
    begun = experiment(tmp_path)
    begun.folder.mkdir()
    begun.check()
    (begun.folder / "photo.png").write_text("precious")
    for start in (begun.check, begun.run):
        with pytest.raises(InputError, match="is no checkpoint, so it is not replaced"):
            start()
    assert (begun.folder / "photo.png").read_text() == "precious"
    (begun.folder / "recipe.json").write_text("{}")
    begun.check()


def test_priors_know_every_class_of_a_long_sorted_table(tmp_path, monkeypatch):
    monkeypatch.setattr("ballgen.experiment.PRIOR_CODES", 20)
    begun = experiment(tmp_path)
    sorted_rows = begun.data.train.labels.argsort(stable=True)
    train = begun.data.train.subset(sorted_rows)
    begun.data = begun.data._replace(train=train)
    begun.recipe = begun.recipe.changed({"priors": "class-gaussian", "prior": "class-gaussian"})
    shares = begun.run().model.priors["class-gaussian"].weights
    torch.testing.assert_close(shares.float(), train.class_shares, atol=0.06, rtol=0)


def test_a_recipe_says_how_large_its_flow_is_and_how_long_it_trains(tmp_path):
    begun, told = experiment(tmp_path), []
    changes = {"priors": "flow", "prior": "flow", "flow_blocks": 3, "flow_steps": 4}
    begun.recipe = begun.recipe.changed(changes)
    hooks = Hooks(on_message=told.append, on_progress=told.append)
    flow = begun.run(hooks).model.priors["flow"]
    assert len(flow.field.blocks) == 3
    assert [share for share in told if share in (0.25, 0.75)] == [0.25, 0.75]


def test_training_begins_around_the_images_mean_colour(tmp_path):
    begun, first = experiment(tmp_path), []

    def look(state):
        first.append(state.model.decode(torch.zeros(1, 6)).mean(dim=(0, 2, 3)))

    begun.run(Hooks(look, should_stop=lambda: True))
    colour = begun.data.train.images().mean(dim=(0, 2, 3))
    assert torch.allclose(first[0], colour, atol=0.04)


@pytest.mark.slow
def test_fast_scores_are_those_of_all_as_far_as_they_go(whole, tmp_path):
    every = experiment(tmp_path / "all", changes={"scores": "all"}).run().scores
    assert {"mse", "kid", "kid_normal"} <= set(whole.scores) < set(every)
    assert whole.scores == {name: every[name] for name in whole.scores}
    assert whole.scores["kid"] != whole.scores["kid_normal"]
    changes = {"prior": "normal", "finetuning": "none"}
    scores = experiment(tmp_path, changes=changes).run().scores
    assert scores["kid"] == scores["kid_normal"]


def test_a_training_that_a_newer_ballgen_began_names_both_versions(tmp_path, monkeypatch):
    monkeypatch.setattr("ballgen.training.state.__version__", "99.1.0")
    begun = experiment(tmp_path)
    begun.run(Hooks(should_stop=lambda: True))
    monkeypatch.undo()
    whole = begun.state_file.read_bytes()
    begun.state_file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    told = rf"vae\.unfinished, written by ballgen 99\.1\.0, and this is {__version__}, .*update"
    with pytest.raises(InputError, match=told):
        experiment(tmp_path, resume=True).run()


def test_two_experiments_do_not_share_a_folder(tmp_path):
    first, second = experiment(tmp_path), experiment(tmp_path)
    first.check()
    for start in (second.check, second.run):
        with pytest.raises(InputError, match=r"another process is training .*vae already"):
            start()
    first.run(Hooks(should_stop=lambda: True))
    second.check()
    assert [path.name for path in sorted(tmp_path.iterdir())] == [".vae.lock", "vae.unfinished"]
