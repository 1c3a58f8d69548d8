from __future__ import annotations

import pytest

from ballgen.ui.why.texts import findings

CODES = ("components_99", "latent_dim", "code_sd_min", "code_sd_max", "out_of_support_normal")


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
    figures = dict.fromkeys(CODES, 1.0)
    assert findings(figures, scores, {}, "ae")[0].outcome == outcome
