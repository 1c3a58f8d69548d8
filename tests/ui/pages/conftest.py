"""Runs the dashboard without a browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ballgen.runs.catalogue import FOLDERS_VARIABLE
from ballgen.ui import shell
from ballgen.ui.session.scoring import _measured
from ballgen.util.paths import RUNS_VARIABLE
from tests.helpers.finished import add_run
from tests.helpers.scores import LEARNED, rescore

APP = Path(__file__).parents[3] / "app.py"
PATIENCE = 120.0  # seconds; a first run imports torch and searches the GAN's codes


@pytest.fixture
def open_app(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """open_app(folder, **query) -> the app, run once on the checkpoints in `folder`."""

    def open_app(folder: Path, **query: str) -> AppTest:
        _measured.clear()  # by an earlier test; what it loaded may be shown again
        monkeypatch.setenv(FOLDERS_VARIABLE, str(folder))
        app = AppTest.from_file(str(APP), default_timeout=PATIENCE)
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception
        return app

    return open_app


def show_models(app: AppTest, *names: str) -> None:
    """Follow a link to the same page that names these models."""
    app.query_params["models"] = list(names)
    app.run()
    assert not app.exception


@pytest.fixture
def put_first(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """put_first(name): that page opens first, for AppTest forgets the navigation, and with it a
    pressed button.
    """

    def put_first(name: str) -> None:
        monkeypatch.setattr(shell, "HOME", name)

    return put_first


@pytest.fixture
def run_beside(another_vae: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A finished run of the page Train, as the side bar calls it."""
    monkeypatch.setenv(RUNS_VARIABLE, str(tmp_path / "runs"))
    add_run(tmp_path / "runs", another_vae, "vae-3f2a91", "my vae")
    return "run: my vae (vae-3f2a91)"


@pytest.fixture
def own_checkpoints(tiny_checkpoints: Path, tmp_path: Path) -> Path:
    """A copy of the tiny checkpoints that a test may change."""
    return Path(shutil.copytree(tiny_checkpoints, tmp_path / "checkpoints"))


@pytest.fixture
def trained(own_checkpoints: Path) -> Path:
    """The tiny checkpoints, with the scores of models that learned something."""
    return rescore(own_checkpoints, LEARNED)
