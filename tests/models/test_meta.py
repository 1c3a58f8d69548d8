"""Opening a checkpoint looks at a model without numbers first, which must not take seconds."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.helpers.tiny import tiny_balls, tiny_model


@pytest.mark.parametrize("family", ["ae", "vae", "gan"])
def test_a_model_without_numbers_draws_none(family, monkeypatch):
    balls = tiny_balls(8)
    monkeypatch.setattr(nn.init, "normal_", lambda *given: pytest.fail("imports for two seconds"))
    with torch.device("meta"):
        model = tiny_model(family, balls)
    assert all(weight.is_meta for weight in model.parameters())
