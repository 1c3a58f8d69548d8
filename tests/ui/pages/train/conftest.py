"""The page Train, opened without a browser, and a finished run to show on it."""

from __future__ import annotations

import pytest

from tests.helpers.runs import finished, registry, tiny_run

__all__ = ["finished", "registry", "tiny_run"]  # fixtures


@pytest.fixture
def open_train(open_app, put_first, tiny_checkpoints, registry):
    """open_train(**query) -> the page Train on the test's own runs."""
    put_first("train")
    return lambda **query: open_app(tiny_checkpoints, **query)
