from __future__ import annotations

import pytest

from ballgen.ui.why.texts import guesses

CODES = ("components_99", "latent_dim", "code_sd_min", "code_sd_max", "out_of_support_normal")


@pytest.mark.parametrize(
    ("normal", "rebuilt", "real", "verdict"),
    [
        (1.0, 0.001, -0.001, "Hardly to blame"),
        (1.0, 0.3, 0.0, "Partly to blame"),
        (1.0, 0.9, 0.0, "Mostly to blame"),
        (0.5, 0.6, 0.0, "It is the limit here"),
        (0.002, 0.001, 0.002, "Nothing is missing"),
        (0.001, 0.0005, 0.002, "Nothing is missing"),
    ],
)
def test_the_models_part_is_what_remains_with_the_right_codes(normal, rebuilt, real, verdict):
    scores = {"kid_normal": normal, "kid_reconstructions": rebuilt, "kid_real": real}
    figures = dict.fromkeys(CODES, 1.0)
    assert guesses(figures, scores, {}, "ae")[0].verdict == verdict
