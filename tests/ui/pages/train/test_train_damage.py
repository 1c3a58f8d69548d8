"""The page Train shows what is whole, and one line about each thing that is not."""

from __future__ import annotations

import shutil

import pytest

from ballgen.runs.folder import RunFolder
from ballgen.runs.frames import FIXED_IMAGES_FILE
from ballgen.runs.registry import Run
from tests.helpers.damage import DEEP, damage_rows
from tests.helpers.finished import rewrite

pytestmark = pytest.mark.slow  # seconds each


def test_damaged_rows_and_another_versions_recipe(open_train, registry, finished):
    recipes = {
        "older": {},
        "other": {"family": ["ae"], "network": 5, "training": {"epochs": "x"}},
        "newer": finished.recipe | {"wavelets": 3},
    }
    for run_id, recipe in recipes.items():
        registry.add(Run(**finished.model_dump() | {"id": run_id, "recipe": recipe}))
    shown = damage_rows(registry.folder, finished.id)
    for run_id in (finished.id, *recipes):
        app = open_train(run=run_id)
        assert not app.exception
        told = [warning.value for warning in app.warning if "damaged row" in warning.value]
        assert len(told) == len(shown)
        assert app.header[0].value == finished.name
        app.button(key="duplicate").click().run()
        assert not app.exception
        if run_id != finished.id:
            assert any(run_id in error.value for error in app.error)


def test_a_damaged_folder_of_a_run(open_train, registry, finished):
    folder = RunFolder(registry.folder, finished)
    frame = folder.frames / "000002.npz"
    frame.write_bytes(b"I am no archive")
    app = open_train()
    assert any("000002.npz is damaged" in warning.value for warning in app.warning)
    (folder.frames / FIXED_IMAGES_FILE).write_bytes(b"")
    frame.touch()  # the film is read anew after each new frame
    folder.progress_file.write_text(DEEP)
    folder.history_file.write_text('{"epoch": "x"}\n{"epoch": 1}\n{"epoch": 2, "loss": "x"}')
    app = open_train()
    assert any("fixed_images.npz is damaged" in warning.value for warning in app.warning)
    shutil.rmtree(folder.path)
    folder.path.write_text("in the way")
    assert not open_train().exception


@pytest.mark.parametrize("page", ["compare", "latent", "interpolate", "own_image", "why"])
def test_damaged_checkpoints_take_no_page_down(open_app, own_checkpoints, page):
    rewrite(own_checkpoints / "vae", lambda record: record.update(seconds="x"))
    (own_checkpoints / "gan" / "scores.json").write_text("[]")
    app = open_app(own_checkpoints)
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception
