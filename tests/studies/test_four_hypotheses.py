from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev

import pandas as pd
import pytest
import torch

from ballgen.data.imageset import ImageSet
from ballgen.models import build_model
from ballgen.models.base import Batch
from ballgen.models.losses import kl_to_standard_normal
from studies.four_hypotheses import design, run
from studies.four_hypotheses.design import HYPOTHESES, Setting
from studies.four_hypotheses.findings import (
    GAINS,
    Outcome,
    find,
    gains_csv,
    points,
    read_table,
    runs_of,
)
from studies.four_hypotheses.report import paragraph, report
from tests.helpers.commands import call

pytestmark = pytest.mark.slow  # minutes, or processes of their own

WIDTH, IMAGES, CLASSES, LATENT_DIM, SIGMA, EPOCHS = (
    a for axes in HYPOTHESES.values() for a in axes
)
README = Path(design.__file__).parent / "README.md"


def rows_with(kids: dict[int, float], scatter: float = 0.01, flow: float = 0.05) -> pd.DataFrame:
    """Rows of three seeds: N(0, I)'s KID per width, 1.5 where none is given, with this sd."""
    return pd.DataFrame(
        vars(setting)
        | {
            "sigma": "learned",
            "seed": seed,
            "kid_normal": kids.get(width, 1.5) + scatter * (seed - 1),
            "kid_flow": flow,
        }
        for width, setting in WIDTH.settings("vae").items()
        for seed in range(3)
    )


def test_every_setting_of_the_design_was_run_with_three_seeds():
    table = read_table()
    settings = {
        setting
        for axes in HYPOTHESES.values()
        for axis in axes
        for family in axis.families
        for setting in axis.settings(family).values()
    }
    assert len(table) == 3 * len(settings) == 156
    for setting in settings:
        assert sorted(runs_of(table, setting)["seed"]) == [0, 1, 2], setting


def test_few_images_are_shown_as_often_as_many():
    shown = {s.images * s.epochs for s in IMAGES.settings("vae").values()}
    assert shown == {Setting("vae").images * Setting("vae").epochs}


def test_points_are_mean_and_sd_over_the_seeds():
    table = read_table()
    kids = [float(kid) for kid in runs_of(table, Setting("ae", width=48))["kid_normal"]]
    point = points(table, WIDTH, "ae", "kid_normal")[48]
    assert point == (pytest.approx(mean(kids)), pytest.approx(stdev(kids)), 3)
    assert points(table, WIDTH, "ae", "kl") == {}


def test_the_outcome_follows_what_the_best_value_brings_of_the_priors_gain():
    # At the middle N(0, I) has 1.5 and the fitted prior 0.05.
    def outcome(kids, **rest):
        return find(rows_with(kids, **rest), WIDTH, "vae").outcome

    assert outcome({}) == outcome({48: 1.45}) == outcome({48: 9.0}) == Outcome.NO
    assert outcome({48: 1.1}) == Outcome.IN_PART
    assert outcome({3: 0.3}) == Outcome.YES
    assert outcome({48: 1.1}, scatter=0.5) == Outcome.NO
    found = find(rows_with({48: 1.1}), WIDTH, "vae")
    assert (found.best, found.share) == (48, pytest.approx(0.4 / 1.45))


def test_the_report_has_every_hypothesis_and_every_axis():
    done = call("-m", "studies.four_hypotheses")
    assert done.returncode == 0, done.stderr
    assert done.stdout == report(read_table()) + "\n"
    for question, axes in HYPOTHESES.items():
        assert f"## {question}\n" in done.stdout
        for axis in axes:
            for family in axis.families:
                assert f"| {family.upper()}, {axis.title}" in done.stdout
    assert "| learned  " in done.stdout and "2,321 ± 131" in done.stdout


def test_the_study_page_says_what_the_report_says():
    text = " ".join(README.read_text(encoding="utf-8").split())
    for question in HYPOTHESES:
        assert f"### {question} {paragraph(read_table(), question)}" in text


def test_the_dashboard_plots_what_the_table_says():
    assert GAINS.read_text(encoding="utf-8") == gains_csv(read_table())


@pytest.mark.parametrize("sigma", [0.5, 0.02])
def test_a_fixed_sigma_is_the_gaussians_loss_up_to_a_factor(sigma, monkeypatch):
    monkeypatch.setattr(run, "IMAGE_SIZE", 16)
    recipe = run.recipe_of(Setting("vae", width=4, latent_dim=4, sigma=sigma))
    pixels = torch.randint(0, 256, (8, 3, 16, 16), dtype=torch.uint8)
    images = ImageSet("noise", "train", pixels, torch.zeros(8, dtype=torch.int64), ("a",))
    model = build_model(recipe, images.image_shape, images.class_names)
    batch = Batch(images.images(), images.labels, 0, torch.Generator().manual_seed(0))
    loss = model.loss("autoencoder", batch)
    kl = kl_to_standard_normal(*model.posterior(batch.images))
    values = 3 * 16 * 16
    gaussian = loss.terms["mse"] * values / (2 * sigma**2) + kl
    assert loss.total.item() == pytest.approx((gaussian * 2 * sigma**2 / values).item(), rel=1e-5)


def test_a_setting_is_run_again(monkeypatch):
    monkeypatch.setattr(run, "IMAGE_SIZE", 16)
    monkeypatch.setattr(run, "TEST_IMAGES", 64)
    monkeypatch.setattr(run, "FLOW", {"width": 16, "steps": 20, "batch_size": 16})
    setting = Setting("vae", width=4, latent_dim=4, images=64, epochs=1)
    figures = run.run(setting)
    measured = set(read_table().columns) - set(vars(setting)) - {"seed"}
    assert set(figures) == measured - {"train_seconds", "total_seconds"}
    assert all(torch.isfinite(torch.tensor(value)) for value in figures.values())
    more = run.load_data(replace(setting, classes=6))
    assert len(more.train.class_names) == 6 and len(more.test) == 64


def test_the_two_terms_of_a_vae_are_per_image():
    setting = Setting("vae", width=4, latent_dim=4, images=64)
    images = run.load_data(setting).train
    model = build_model(run.recipe_of(setting), images.image_shape, images.class_names).eval()
    found = run.rate_and_distortion(model, images.images())
    mean, log_variance = (part.detach() for part in model.posterior(images.images()))
    kl = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(1).mean()
    assert found["kl"] == pytest.approx(float(kl), rel=1e-4)
    drawn = mean + torch.randn(mean.shape) * (0.5 * log_variance).exp()
    error = (model.decode(drawn) - images.images()).square().sum((1, 2, 3)).mean()
    assert found["sse_posterior"] == pytest.approx(float(error), rel=0.1)


def test_bad_input_is_one_line_and_status_2():
    for arguments in (("run", "gan"), ("run", "vae", "--sigma", "wide"), ("walk",)):
        done = call("-m", "studies.four_hypotheses", *arguments)
        assert done.returncode == 2
        assert "invalid" in done.stderr and len(done.stderr.splitlines()) == 1
