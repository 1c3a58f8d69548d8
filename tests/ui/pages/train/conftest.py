"""The page Train, opened without a browser, and a finished run to show on it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ballgen.runs.control import start
from ballgen.runs.registry import FINISHED, Registry, Run
from tests.helpers.runs import registry, tiny_run, wait_for
from tests.helpers.tiny import tiny_recipe

__all__ = ["registry", "tiny_run"]  # fixtures


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


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> tuple[Path, dict]:
    """Folder and row of a finished run, made once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        registry = Registry(tmp_path_factory.mktemp("template"))
        recipe = tiny_recipe("vae", epochs=3, priors=("gaussian",), prior="gaussian")
        run = start(registry, recipe, loading={"limit": 64, "image_size": 16})
        return registry.folder, wait_for(registry, run, FINISHED).model_dump()


@pytest.fixture
def finished(registry: Registry, template) -> Run:
    """The finished run, in this test's own registry."""
    folder, row = template
    shutil.copytree(folder / row["id"], registry.folder / row["id"])
    return registry.add(Run(**row))
