from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ballgen.__main__ import parse_arguments
from ballgen.checkpoint.folder import load_checkpoint
from ballgen.cli.diagnose import run
from ballgen.data.sources import load_images
from ballgen.errors import InputError
from ballgen.latent.coverage import latent_coverage
from ballgen.latent.explain import explain
from ballgen.scores.evaluate import evaluate

pytestmark = pytest.mark.slow  # minutes, or processes of their own


@pytest.fixture(scope="module")
def images():
    return load_images("sportballs", "test", limit=96)


def test_it_holds_what_diagnosis_scores_and_history_say(tiny_checkpoints, images):
    checkpoint = load_checkpoint(tiny_checkpoints / "vae")
    figures = explain(checkpoint, images)
    assert figures.items() >= latent_coverage(checkpoint.model, images).items()
    for prior in checkpoint.model.priors:
        alone = evaluate(checkpoint.model, images, prior, groups=("kid",))
        assert figures[f"kid_{prior}"] == pytest.approx(alone["kid"]), prior
        assert figures["kid_reconstructions"] == pytest.approx(alone["kid_reconstructions"])
    assert figures["epoch_kl"] == checkpoint.history[-1]["kl"]
    assert 0 <= figures["informativeness_x_px"] <= 1
    assert "left_out" not in figures


def test_what_nothing_is_known_of_is_left_out_and_said(tiny_checkpoints, images):
    unknown = replace(images, factors=None, factor_names=(), labels=images.labels * 0)
    figures = explain(load_checkpoint(tiny_checkpoints / "ae"), unknown.subset(slice(0, 60)))
    assert "nothing is known" in figures["left_out"]
    assert "disentanglement" not in figures
    assert "out_of_support_normal" in figures


def test_too_few_images_are_refused(tiny_checkpoints, images):
    with pytest.raises(InputError, match="at least 20"):
        explain(load_checkpoint(tiny_checkpoints / "ae"), images.subset(slice(0, 10)))


def test_the_command_prints_and_writes_them(tiny_checkpoints, tmp_path, capsys):
    file = tmp_path / "why.json"
    line = ["diagnose", str(tiny_checkpoints / "ae"), "--data", "sportballs", "--limit", "48"]
    run(parse_arguments([*line, "--json", str(file)]))
    written = json.loads(file.read_text())
    figures, _, words = capsys.readouterr().out.partition("\n\n")
    printed = dict(row.split(None, 1) for row in figures.splitlines())
    assert set(printed) == set(written)
    assert "Is it trained for long enough?" in words
    assert float(printed["distance_normal"]) == pytest.approx(written["distance_normal"], rel=1e-4)
