from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from ballgen.checkpoint.folder import RECORD, record_digest
from ballgen.runs.catalogue import (
    FOLDERS_VARIABLE,
    SHIPPED,
    DatasetInfo,
    checkpoint_folders,
    find_checkpoints,
    find_runs,
    list_checkpoints,
    promoted_folder,
)
from ballgen.runs.registry import FAILED
from ballgen.util.paths import TRAINED_VARIABLE
from tests.helpers.finished import add_run, rewrite

pytestmark = pytest.mark.slow  # minutes, or processes of their own


def test_folders_come_from_the_environment_else_they_are_the_shipped_ones(monkeypatch, tmp_path):
    monkeypatch.delenv(FOLDERS_VARIABLE, raising=False)
    monkeypatch.setenv(TRAINED_VARIABLE, str(tmp_path / "own"))
    assert checkpoint_folders() == [SHIPPED, tmp_path / "own"]
    assert promoted_folder() == tmp_path / "own"  # what is shipped stays as it is
    monkeypatch.setenv(FOLDERS_VARIABLE, os.pathsep.join([str(tmp_path), "", "~/more"]))
    assert checkpoint_folders() == [tmp_path, Path.home() / "more", tmp_path / "own"]
    assert promoted_folder() == tmp_path


def test_own_checkpoints_come_after_the_shipped_ones(
    monkeypatch, tiny_checkpoints, another_vae, tmp_path
):
    shipped = Path(shutil.copytree(tiny_checkpoints, tmp_path / "checkpoints"))
    rewrite(shipped / "vae", lambda record: record["recipe"].update(name="vae-long"))
    monkeypatch.setenv(FOLDERS_VARIABLE, str(shipped))
    monkeypatch.setenv(TRAINED_VARIABLE, str(another_vae.parent))
    catalogue = list_checkpoints()
    own = f"{another_vae.parent.name}/vae"
    assert [found.name for found in catalogue.checkpoints] == ["ae", "gan", "vae", own]
    (images,) = catalogue.datasets()
    assert [found.name for found in catalogue.of("vae", images)] == ["vae", own]


def test_checkpoints_are_named_by_folder_and_grouped_by_dataset(tiny_checkpoints):
    catalogue = find_checkpoints([tiny_checkpoints])
    assert [found.name for found in catalogue.checkpoints] == ["ae", "gan", "vae"]
    assert not catalogue.damaged
    (dataset,) = catalogue.datasets()
    assert dataset.title == "sportballs, 32×32 px"
    assert [found.name for found in catalogue.of("vae", dataset)] == ["vae"]
    assert catalogue.of("flow", dataset) == []


def test_every_folder_keeps_its_names_apart(tiny_checkpoints, tmp_path):
    more = shutil.copytree(tiny_checkpoints, tmp_path / "more")
    again = shutil.copytree(tiny_checkpoints, tmp_path / "again" / "more")
    catalogue = find_checkpoints([tiny_checkpoints, more, again, more / "vae"])
    names = [found.name for found in catalogue.checkpoints if found.family == "vae"]
    assert names == ["vae", "more/vae", str(again / "vae")]


def test_the_same_images_are_the_same_however_their_folder_was_written():
    one, other = (DatasetInfo(name, (3, 32, 32), 10, 0, "digest") for name in ("balls", "balls/"))
    assert one == other != DatasetInfo("balls", (3, 32, 32), 10, 0, "another digest")


def test_a_folder_that_is_not_ours_to_look_into_is_passed_over(tiny_checkpoints, monkeypatch):
    closed = tiny_checkpoints / "vae" / "recipe.json"
    exists = Path.exists

    def guarded(path: Path) -> bool:
        if path == closed:
            raise PermissionError(13, "Permission denied")
        return exists(path)

    monkeypatch.setattr(Path, "exists", guarded)  # tests may run as root, who may look everywhere
    names = [found.name for found in find_checkpoints([tiny_checkpoints]).checkpoints]
    assert "ae" in names and "vae" not in names


@pytest.mark.parametrize("content", ["", "{}", "not json", '{"digest": "x", "format": 1}'])
def test_a_damaged_record_is_one_line(tmp_path, content):
    (tmp_path / "vae").mkdir()
    (tmp_path / "vae" / "recipe.json").write_text(content)
    catalogue = find_checkpoints([tmp_path])
    assert not catalogue.checkpoints
    assert len(catalogue.damaged) == 1
    assert "vae" in catalogue.damaged[0]
    assert "\n" not in catalogue.damaged[0]


def test_names_that_are_no_text_are_told(tiny_checkpoints, tmp_path):
    nameless = tmp_path / os.fsdecode(b"va\xff")
    try:
        shutil.copytree(tiny_checkpoints / "vae", nameless)
    except OSError:
        pytest.skip("this file system takes no such name")
    half = Path(shutil.copytree(tiny_checkpoints / "ae", tmp_path / "ae"))
    record = json.loads((half / RECORD).read_text()) | {"seed": "half a \ud800 character"}
    del record["digest"]
    (half / RECORD).write_text(json.dumps(record | {"digest": record_digest(record)}))
    found = find_checkpoints([tmp_path])
    assert found.checkpoints == ()
    assert "ae/recipe.json is damaged" in found.damaged[0]
    assert "cannot be shown: rename it" in found.damaged[1]


def test_a_family_that_somebody_else_added_is_one_line(tiny_checkpoints, tmp_path):
    folder = Path(shutil.copytree(tiny_checkpoints / "vae", tmp_path / "flow"))
    rewrite(folder, lambda record: record["recipe"].update(family="flow"))
    catalogue = find_checkpoints([tmp_path])
    assert not catalogue.checkpoints
    assert "(unknown family 'flow': choose from ae, vae, gan)" in catalogue.damaged[0]


def test_other_files_and_unfinished_runs_are_no_checkpoints(tmp_path):
    (tmp_path / "ae.unfinished").write_bytes(b"")
    (tmp_path / "notes").mkdir()
    (tmp_path / ".vae.old").mkdir()
    (tmp_path / ".vae.old" / "recipe.json").write_text("{}")
    catalogue = find_checkpoints([tmp_path, tmp_path / "missing"])
    assert (catalogue.checkpoints, catalogue.damaged) == ((), ())


@pytest.fixture
def runs(monkeypatch, tmp_path) -> Path:
    monkeypatch.setenv("BALLGEN_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


def test_finished_runs_stand_behind_the_checkpoints_by_name(
    runs, tiny_checkpoints, another_vae, monkeypatch
):
    monkeypatch.setenv(FOLDERS_VARIABLE, str(tiny_checkpoints))
    add_run(runs, another_vae, "vae-000001", "first")
    add_run(runs, another_vae, "vae-000002", "second")
    catalogue = list_checkpoints()
    (dataset,) = catalogue.datasets()
    vaes = catalogue.of("vae", dataset)
    assert [found.name for found in vaes] == [
        "vae",
        "run: second (vae-000002)",
        "run: first (vae-000001)",
    ]
    assert [found.run for found in vaes] == ["", "vae-000002", "vae-000001"]
    assert vaes[1].folder == runs / "vae-000002" / "vae"
    assert vaes[1].digest != vaes[0].digest


def test_unfinished_and_emptied_runs_are_not_shown(runs, another_vae):
    add_run(runs, another_vae, "vae-000001", "failed", state=FAILED)
    shutil.rmtree(add_run(runs, another_vae, "vae-000002", "emptied"))
    assert find_runs() == find_checkpoints([])


def test_a_damaged_run_is_one_line(runs, another_vae):
    folder = add_run(runs, another_vae, "vae-000001", "mine")
    (folder / "recipe.json").write_text("{}")
    catalogue = find_runs()
    assert not catalogue.checkpoints
    (line,) = catalogue.damaged
    assert "vae-000001" in line and "\n" not in line
