"""Real runs of tiny nets, through the registry, each in a process of its own."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import torch

from ballgen.checkpoint.folder import load_checkpoint
from ballgen.errors import InputError
from ballgen.experiment import load_data
from ballgen.models import build_model
from ballgen.runs.control import pause
from ballgen.runs.folder import RunFolder
from ballgen.runs.registry import FINISHED, PAUSED, Run
from ballgen.scores.evaluate import evaluate
from studies.four_hypotheses.__main__ import make
from studies.four_hypotheses.conduct import Ended, alone, conduct, run_of
from studies.four_hypotheses.measure import rate_and_distortion
from studies.four_hypotheses.pictures import pictures_of
from studies.four_hypotheses.plan import missing
from studies.four_hypotheses.table import read_table
from tests.helpers.made import TINY

LONG = replace(TINY, middle=replace(TINY.middle, epochs=600))  # of 4 steps: some seconds
STEPS = 8


def test_each_setting_becomes_a_row_and_no_row_is_made_twice(registry, table):
    trials = TINY.trials(1)
    assert len(trials) == 2
    assert make(TINY, trials) == 0
    rows = read_table(table)
    assert [row.trial for row in rows] == trials
    assert {row.design for row in rows} == {TINY.digest}
    assert rows[0].figures["parameters"] < rows[1].figures["parameters"]
    assert missing(TINY.trials(1), rows) == []
    assert missing(TINY.trials(2), rows) == [trial._replace(seed=1) for trial in trials]
    # What a finished run leaves behind is its row.
    assert registry.all() == []
    assert [path for path in registry.folder.iterdir() if path.is_dir()] == []


def test_a_run_from_before_a_field_was_there_is_known_again(registry):
    trial = TINY.trials(1)[0]
    recipe = TINY.recipe(trial.setting).to_dict()
    source, loading = pictures_of(TINY, trial.setting)
    old = {k: v for k, v in recipe.items() if k != "clip"}
    row = {"source": source, "loading": loading, "seed": trial.seed, "state": FINISHED}
    registry.add(Run(id="foreign", name="foreign", recipe=recipe | {"from tomorrow": 1}, **row))
    run = registry.add(Run(id="old", name="old", recipe=old, created_at=1.0, **row))
    assert run_of(registry, TINY, trial).id == run.id


def test_interrupted_it_goes_on_where_it_was(registry, table):
    (trial, _) = LONG.trials(1)

    def interrupt(run, progress) -> None:
        if progress.step >= STEPS:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        conduct(registry, table, LONG, trial, tell=interrupt)
    run = run_of(registry, LONG, trial)
    assert run.state == PAUSED and read_table(table) == []

    row = conduct(registry, table, LONG, trial, keep=True)
    (kept,) = registry.all()
    assert (kept.id, kept.state) == (run.id, FINISHED)
    folder = RunFolder(registry.folder, kept)
    starts = re.findall(r"training from step (\d+)", folder.log.read_text())
    assert int(starts[0]) == 0 and int(starts[1]) >= STEPS
    assert [written.trial for written in read_table(table)] == [trial]

    # The row says what the kept checkpoint scores.
    checkpoint = load_checkpoint(folder.checkpoint)
    assert row.figures["kid_normal"] == checkpoint.scores["kid_normal"]
    assert row.figures["kid_reconstructions"] == pytest.approx(
        checkpoint.scores["kid_reconstructions"]
    )
    assert row.figures["sse"] == pytest.approx(checkpoint.scores["sse"])

    # A run that is finished but has no row is measured, not trained again.
    table.unlink()
    again = conduct(registry, table, LONG, trial)
    same = ("kid_normal", "kid_flow", "kid_reconstructions", "sse", "sse_posterior", "kl")
    assert {name: again.figures[name] for name in same} == {
        name: row.figures[name] for name in same
    }
    assert registry.all() == []


def test_who_pauses_a_run_ends_the_study(registry, table):
    (trial, other) = LONG.trials(1)

    def somebody_pauses(run, progress) -> None:
        if progress.step >= STEPS and not run.requested_action:
            pause(registry, run)

    with pytest.raises(Ended, match="paused"):
        conduct(registry, table, LONG, trial, tell=somebody_pauses)
    assert run_of(registry, LONG, other) is None


def test_a_failed_run_is_told_and_the_next_goes_on(registry, table, capsys):
    trial = TINY.trials(1)[0]
    bad = trial._replace(setting=replace(trial.setting, images=0))
    assert make(TINY, [bad, trial]) == 2
    assert [row.trial for row in read_table(table)] == [trial]
    assert "limit must be at least 1" in capsys.readouterr().err


def test_only_one_study_at_a_time(registry, table):
    with alone(registry), pytest.raises(InputError, match="a study is under way"):
        make(TINY, TINY.trials(1))
    with alone(registry):
        assert read_table(table) == []


def test_rate_and_distortion_are_the_two_terms_of_training():
    setting = replace(TINY.middle, latent_dim=3)
    source, loading = pictures_of(TINY, setting)
    images = load_data(source, TINY.recipe(setting), **loading).test
    model = build_model(TINY.recipe(setting), images.image_shape, images.class_names).eval()
    found = rate_and_distortion(model, images, 0)
    mean, log_variance = (part.detach() for part in model.posterior(images.images()))
    kl = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(1).mean()
    assert found["kl"] == pytest.approx(float(kl), rel=1e-4)
    drawn = mean + torch.randn(mean.shape) * (0.5 * log_variance).exp()
    error = (model.decode(drawn) - images.images()).square().sum((1, 2, 3)).mean()
    assert found["sse_posterior"] == pytest.approx(float(error), rel=0.1)
    from_the_mean = evaluate(model, images, "normal", groups=("reconstruction",))["sse"]
    assert found["sse_posterior"] > 1.02 * from_the_mean
    assert rate_and_distortion(model, images, 1)["sse_posterior"] != found["sse_posterior"]
