"""The page Train, opened without a browser, and a finished run to show on it."""

from __future__ import annotations

import pytest

from tests.helpers.runs import finished, registry, tiny_run

__all__ = ["finished", "registry", "tiny_run"]  # fixtures


@pytest.fixture
def open_train(open_app, tiny_checkpoints, registry):
    """open_train(**query) -> the page Train on the test's own runs."""

    def open_train(**query: str):
        app = open_app(tiny_checkpoints)
        for name, value in query.items():
            app.query_params[name] = value
        app.switch_page("pages/train.py").run()
        assert not app.exception
        return app

    return open_train
