"""The three answers on why random samples fail, for models of which it is known what is true."""

from __future__ import annotations

import pytest

from ballgen.scores.why import answers
from tests.scores.test_verdicts import ENDS, LEARNED, WELL

NEAR = {"kid_flow": 0.006, "kid_flow_sd": 0.001}
FAR_OUT = {"out_of_support_normal": 0.98, "distance_normal": 3.6}


def words(figures: dict, family: str = "ae", fitted: str | None = "flow") -> list[str]:
    return [one.outcome for one in answers(figures, family, fitted)]


def test_a_good_decoder_under_the_wrong_prior_is_the_textbook_case():
    said = answers(WELL | NEAR | FAR_OUT, "ae", "flow")
    assert [one.outcome for one in said] == ["No", "Yes", "Yes"]
    decoder, latents, prior = (one.evidence for one in said)
    assert "4.0% of the mean image's squared error and KID × 1000 1.0" in decoder
    assert "98% of N(0, I)'s latents" in latents and "3.6 times their median" in latents
    assert "1,000 under N(0, I), 6.0 under the latent flow prior" in prior


@pytest.mark.parametrize("family", ["ae", "vae", "gan"])
def test_what_learned_nothing_gets_one_answer_and_no_diagnosis(family):
    beige = WELL | NEAR | FAR_OUT | {"mse": 0.052, "mse_train": 0.051, "kid_normal": 12.6}
    (said,) = answers(beige, family, "flow")
    assert said.outcome == "Train longer, then ask"
    assert said.evidence.startswith("Not trained yet.")


def test_a_gan_knows_no_other_latents():
    (said,) = answers(LEARNED | ENDS | {"kid_normal": 0.01, "kid_real": 0.0}, "gan", "gaussian")
    assert (said.question, said.outcome) == ("Is it the latents?", "No")
    assert "10.0 for samples of N(0, I)" in said.evidence
    assert words({}, "gan", None) == ["No"]


def test_samples_that_do_not_fail_have_no_cause():
    assert words(WELL | NEAR | {"kid_normal": 0.001, "kid_normal_sd": 0.002}) == ["They do not"]
    copied = {"copies": 0.5, "copies_count": 64, "copies_held_out": 125}
    (said,) = answers(WELL | {"kid_normal": -0.002} | copied, "ae", "flow")
    assert "copies of training images" in said.evidence


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"kid_reconstructions": 0.4}, "In part"),
        ({"kid_reconstructions": 0.9}, "Yes"),
        ({"kid_reconstructions": 1.4}, "Yes"),  # worse than random samples
        ({"mse": 0.015, "mse_train": 0.014}, "In part"),  # little of the KID, but blurred
        ({"mse": 0.02, "mse_train": 0.001}, "Yes"),  # memorised
        ({"reconstruction_count": 6}, "Too few test images"),
        ({"mse_mean_image": None}, "Not measured"),
        ({"kid_normal": None}, "No"),  # by its squared error alone
    ],
)
def test_the_decoder_is_judged_by_what_it_makes_of_images_own_latents(changes, outcome):
    assert words(WELL | NEAR | FAR_OUT | changes)[0] == outcome


@pytest.mark.parametrize(
    ("changes", "outcome", "part"),
    [
        ({"out_of_support_normal": 0.2}, "In part", "20% of N(0, I)'s"),
        ({"distance_normal": 2.0}, "Yes", "2.0 times their median"),
        ({"length": 12.5, "length_outside_normal": 1.0}, "Yes", "nearer than images' at"),
        ({"length": 3.5, "length_outside_normal": 1.0}, "Yes", "farther than images' at 3.5"),
        ({}, "Yes", "Distances hardly show it"),  # a good decoder, and yet bad samples
        ({"kid_reconstructions": 0.9}, "No", "0% of N(0, I)'s"),
    ],
)
def test_latents_are_judged_by_distance_length_and_what_is_left(changes, outcome, part):
    _, said, _ = answers(WELL | NEAR | changes, "vae", "flow")
    assert said.outcome == outcome and part in said.evidence


def test_latents_of_test_images_say_little_where_training_images_were_memorised():
    near = {"out_of_support_normal": 0.0, "distance_normal": 1.2, "mse": 0.02, "mse_train": 0.0005}
    latents = answers(WELL | NEAR | near, "ae", "flow")[1]
    assert latents.outcome == "Cannot be said"
    assert "distances to them show nothing. 0% of N(0, I)'s latents" in latents.evidence


@pytest.mark.parametrize(
    ("changes", "fitted", "outcome"),
    [
        ({}, None, "Not tried"),
        ({}, "mixture", "Not measured"),
        ({"kid_flow": 1.2}, "flow", "No"),
        ({"kid_flow": 0.95}, "flow", "No"),  # a twentieth of the way
        ({"kid_flow": 0.7, "kid_normal_sd": 0.2}, "flow", "No"),  # no more than chance
        ({"kid_flow": 0.7}, "flow", "In part"),
        ({"copies": 0.6, "copies_count": 64, "copies_held_out": 125}, "flow", "Only by copying"),
    ],
)
def test_a_prior_helps_where_its_samples_are_clearly_nearer(changes, fitted, outcome):
    assert words(WELL | NEAR | FAR_OUT | changes, fitted=fitted)[2] == outcome


def test_what_was_not_measured_is_not_judged():
    assert words({}) == ["Not measured"] * 3
