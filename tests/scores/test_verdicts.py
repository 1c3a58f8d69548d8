"""Verdicts on figures: each with its precondition, and nothing but that where it fails."""

from __future__ import annotations

import pytest

from ballgen.scores import verdicts, why
from ballgen.scores.copying import chance_of_copies

LEARNED = {"mse": 0.002, "mse_mean_image": 0.05, "mse_train": 0.0019, "diversity": 0.97}
KIDS = {"kid_normal": 1.0, "kid_reconstructions": 0.001, "kid_real": -0.001}
ENDS = {"kid_mean_image": 6.6, "kid_noise": 10.3}
CODES = {
    "components_99": 40, "latent_dim": 48, "code_sd_min": 0.9, "code_sd_max": 1.1,
    "held_out_count": 1000, "length": 6.9,
    "out_of_support_normal": 0.0, "distance_normal": 0.9, "length_normal": 6.9,
    "length_outside_normal": 0.0, "spread_normal": 1.0,
    "out_of_support_flow": 0.0, "distance_flow": 0.7, "length_flow": 6.9,
    "length_outside_flow": 0.0, "spread_flow": 1.0,
}  # fmt: skip
WELL = LEARNED | KIDS | ENDS | CODES


def outcomes(figures: dict, family: str = "vae") -> list[str]:
    return [one.outcome for one in why.causes(figures, family)]


@pytest.mark.parametrize(
    ("normal", "reconstructions", "real", "outcome"),
    [
        (1.0, 0.001, -0.001, "Hardly"),
        (1.0, 0.3, 0.0, "In part"),
        (1.0, 0.9, 0.0, "Mostly"),
        (0.5, 0.6, 0.0, "Too early to say"),
        (0.002, 0.001, 0.002, "Nothing is missing"),
        (0.001, 0.0005, 0.002, "Nothing is missing"),
    ],
)
def test_the_models_part_is_what_remains_with_own_codes(normal, reconstructions, real, outcome):
    scores = {"kid_normal": normal, "kid_reconstructions": reconstructions, "kid_real": real}
    assert why.model_size(scores, "ae").outcome == outcome


def test_a_model_that_is_well_has_no_caveat():
    assert not list(verdicts.caveats(WELL, "vae"))
    assert outcomes(WELL) == [
        "Past the beginning", "No overfitting", "Hardly", "Nearly all of them are used",
        "The codes are close to N(0, I)",
    ]  # fmt: skip


def test_an_untrained_model_is_told_to_train_longer_and_nothing_else():
    figures = WELL | {"mse": 0.052, "mse_train": 0.051}
    figures |= {"kid_normal": 12.6, "kid_reconstructions": 12.1}
    figures |= {"copies": 0.9, "copies_count": 64, "copies_held_out": 1000, "epoch_epoch": 1}
    (said,) = verdicts.caveats(figures, "vae")
    assert "saw each training image once. Train longer." in said.evidence
    assert said.outcome == "Not trained yet"
    assert (
        "no better than showing the mean image" in said.evidence and "Train longer" in said.evidence
    )
    assert outcomes(figures)[1:] == ["Too early to say"] * 4
    assert verdicts.copying(figures, "vae").outcome == "Too early to say"


def test_a_gan_is_untrained_while_its_samples_are_as_far_as_the_mean_image():
    (said,) = verdicts.caveats(WELL | {"kid_normal": 5.0}, "gan")
    assert said.outcome == "Not trained yet"
    assert "5,000 for samples of N(0, I), −1.0 for real images, 6,600 for the mean" in said.evidence
    assert not list(verdicts.caveats(WELL | {"kid_normal": 0.5}, "gan"))


def test_a_posterior_that_says_nothing_may_have_collapsed():
    (said,) = verdicts.caveats(WELL | {"mse": 0.05, "mse_train": 0.049, "epoch_kl": 0.01}, "vae")
    assert said.outcome == "Not trained yet, or collapsed"
    assert "loss.kl_weight" in said.evidence
    (alike,) = verdicts.caveats(WELL | {"kid_normal": 6.0, "diversity": 0.02}, "gan")
    assert "all alike (2.0% of what real images differ by)" in alike.evidence


def test_copies_and_what_is_memorised_come_before_the_causes():
    figures = WELL | {"mse": 0.01, "copies": 41 / 64, "copies_count": 64, "copies_held_out": 125}
    figures["prior"] = "flow"
    copies, memorised = verdicts.caveats(figures, "vae")
    assert copies.outcome == "These are copies"
    assert copies.evidence.startswith("41 of 64 samples (latent flow) are nearer to a training im")
    assert memorised.outcome == "It memorised its training images"
    assert "copies" not in memorised.evidence  # that was said
    (memorised,) = verdicts.caveats(figures | {"copies": 0.0}, "vae")
    assert "Whether its samples are copies is another question" in memorised.evidence
    assert outcomes(figures)[2] == "Large enough to memorise its images"


def test_what_helps_with_no_other_image_is_memorised_and_not_untrained():
    figures = WELL | {"mse": 0.06, "mse_train": 0.001}
    (said,) = verdicts.caveats(figures, "ae")
    assert said.outcome == "It memorised its training images"


def test_draws_near_the_centre_are_found_by_their_length():
    figures = WELL | {"length": 12.5, "length_outside_normal": 1.0}
    assert outcomes(figures)[4] == "The codes are not N(0, I)"


def test_a_prior_that_collapsed_is_not_praised_for_being_near():
    said = verdicts.collapsed(WELL | {"spread_flow": 0.04}, "flow")
    assert said.startswith("its codes have collapsed, to 4.0% of the spread of images' codes")
    assert verdicts.collapsed(WELL, "flow") == ""


def test_what_was_not_measured_is_not_judged():
    assert not list(verdicts.caveats({}, "vae")) and not list(verdicts.caveats({}, "gan"))
    assert outcomes(CODES)[:3] == ["Not measured"] * 3
    assert verdicts.kid_references({}) == ""


@pytest.mark.parametrize(
    ("best", "outcome"),
    [(20, "More may help"), (18, "Long enough"), (6, "Longer than it helps")],
)
def test_the_best_epoch_says_whether_longer_training_helps(best, outcome):
    history = [
        {"epoch": best, "best_epoch": best, "kl": 95.0},
        {"epoch": 20, "best_epoch": best, "kl": 95.0 if best == 20 else 90.0},
        {"epoch": 24, "kl": 80.0},
    ]
    figures = verdicts.known_figures(WELL | {"kid": 0.1, "prior": "flow"}, history)
    assert figures["epoch_kl"] == 80 and figures["kid_flow"] == 0.1
    # The weights kept are those of the best epoch, and so is what they are said to do.
    assert verdicts.known_figures(WELL, history, keep_best=True)["epoch_kl"] == 95
    said = why.training(figures, "vae")
    assert said.outcome == outcome and f"{best}" in said.evidence


def test_other_figures_make_other_outcomes():
    assert outcomes(WELL | {"mse": 0.003})[1] == "Overfitting"
    assert outcomes(WELL | {"components_99": 20})[3] == "There is room to spare"
    assert outcomes(WELL | {"out_of_support_normal": 0.4})[4] == "The codes are not N(0, I)"
    assert outcomes(WELL | {"code_sd_max": 2.5})[4] == "The codes are not N(0, I)"
    assert outcomes(WELL, "gan")[1] == "Not measured"


@pytest.mark.parametrize(
    ("copies", "count", "held_out", "outcome"),
    [
        (0, 12, 96, "No evidence of copying"),
        (1, 12, 96, "No evidence of copying"),  # one of nine such draws
        (2, 12, 96, "These are copies"),
        (1, 12, 228, "Evidence of copying"),
        (30, 1000, 1000, "Evidence of copying"),
    ],
)
def test_copies_are_judged_with_whatever_is_held_out(copies, count, held_out, outcome):
    figures = {"copies": copies / count, "copies_count": count, "copies_held_out": held_out}
    assert verdicts.copying(figures, "vae").outcome.startswith(outcome)


def test_the_chance_of_copies_is_that_of_drawing_the_nearest():
    assert chance_of_copies(0, 12, 96) == 1
    assert chance_of_copies(1, 12, 96) == pytest.approx(12 / 108)
    assert chance_of_copies(2, 12, 96) == pytest.approx(12 / 108 * 11 / 107)
    assert chance_of_copies(12, 12, 0) == 1
