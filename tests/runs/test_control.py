from __future__ import annotations

import psutil
import pytest

from ballgen.checkpoint.folder import load_checkpoint
from ballgen.errors import InputError
from ballgen.runs import control
from ballgen.runs.control import delete, promote, rename
from ballgen.runs.liveness import LOCK, own_process
from ballgen.runs.registry import FINISHED, RUNNING, Run
from ballgen.util.files import acquire, release
from tests.helpers.runs import wait_for
from tests.helpers.tiny import tiny_recipe

pytestmark = pytest.mark.slow  # minutes, or processes of their own


def test_promoting_copies_and_never_replaces_unasked(registry, finished, tmp_path):
    checkpoints = tmp_path / "checkpoints"
    folder = promote(registry, finished, checkpoints, "mine")
    first = load_checkpoint(folder)
    assert first.history[-1]["epoch"] == 3
    assert 'load_model("checkpoints/mine")' in (folder / "README.md").read_text()
    with pytest.raises(InputError, match="is there already"):
        promote(registry, finished, checkpoints, "mine")
    (folder / "left over").touch()
    promote(registry, finished, checkpoints, "mine", replace=True)
    assert load_checkpoint(folder).digest == first.digest
    assert (folder / "left over").exists()  # what is not ours is not thrown away
    assert [path.name for path in checkpoints.iterdir()] == ["mine"]


def test_promoting_takes_the_checkpoint_and_not_what_somebody_put_beside(
    registry, finished, tmp_path
):
    source = registry.folder / finished.id / "vae"
    (source / ".ipynb_checkpoints").mkdir()
    (source / "gone").symlink_to(tmp_path / "nowhere")
    (source / "notes.txt").write_text("mine")
    folder = promote(registry, finished, tmp_path, "mine")
    assert load_checkpoint(folder).digest == load_checkpoint(source).digest
    assert (folder / "notes.txt").read_text() == "mine"
    assert not {".ipynb_checkpoints", "gone"} & {path.name for path in folder.iterdir()}


def test_promoting_replaces_nothing_but_a_checkpoint(registry, finished, tmp_path):
    thesis = tmp_path / "thesis" / "text.tex"
    thesis.parent.mkdir()
    thesis.write_text("years")
    with pytest.raises(InputError, match="is no checkpoint, so it is not replaced"):
        promote(registry, finished, tmp_path, "thesis", replace=True)
    assert thesis.read_text() == "years"
    with pytest.raises(InputError, match="cannot be written"):
        promote(registry, finished, tmp_path, "n" * 300)


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden"])
def test_promoting_needs_a_plain_name(registry, finished, tmp_path, name):
    with pytest.raises(InputError, match="is no name for a checkpoint"):
        promote(registry, finished, tmp_path, name)


def test_a_damaged_checkpoint_is_not_promoted(registry, finished, tmp_path):
    weights = registry.folder / finished.id / "vae" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    with pytest.raises(InputError, match="does not match its digest"):
        promote(registry, finished, tmp_path, "mine")
    assert not (tmp_path / "mine").exists()


def test_deleting_removes_row_and_folder_and_waits_for_who_is_at_work(registry, tiny_run):
    run = wait_for(registry, tiny_run(epochs=400), RUNNING)
    process = own_process(run)
    delete(registry, run, patience=60)
    assert registry.all() == [] and not (registry.folder / run.id).exists()
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_a_worker_that_begins_while_its_run_is_deleted_keeps_its_folder(registry, monkeypatch):
    run = registry.add(Run(id="ae-1", name="old", recipe={}, state=FINISHED))
    folder = registry.folder / run.id
    monkeypatch.setattr(control, "wait_for_end", lambda *_: None)  # it begins after this look
    lock = acquire(folder / LOCK, "")
    with pytest.raises(InputError, match="run old is still at work: stop it before you delete"):
        delete(registry, run)
    release(lock)
    delete(registry, run)
    assert registry.all() == [] and not folder.exists()


def test_what_somebody_else_deleted_is_gone(registry):
    run = registry.add(Run(id="ae-1", name="old", recipe={}, state=FINISHED))
    delete(registry, run)
    for act in (lambda: delete(registry, run), lambda: rename(registry, run, "new")):
        with pytest.raises(InputError, match="no run 'ae-1'"):
            act()


def test_a_name_is_changed_and_never_empty(registry):
    run = registry.add(Run(id="ae-1", name="old", recipe=tiny_recipe("ae").to_dict()))
    rename(registry, run, " new ")
    assert registry.get("ae-1").name == "new"
    with pytest.raises(InputError, match="must not be empty"):
        rename(registry, run, "  ")


def test_runs_are_found_by_id_start_of_id_or_name(registry):
    for run_id, name in (("ae-1f", "one"), ("ae-1e", "two")):
        registry.add(Run(id=run_id, name=name, recipe={}))
    assert registry.find("ae-1f").name == "one"
    assert registry.find("two").id == "ae-1e"
    with pytest.raises(InputError, match="may mean several"):
        registry.find("ae")
    with pytest.raises(InputError, match="no run 'gan'"):
        registry.find("gan")


def test_runs_that_nobody_named_can_be_told_apart(registry, monkeypatch):
    monkeypatch.setattr(control, "_start_worker", lambda *_: None)
    recipe = tiny_recipe("ae")
    names = [control.start(registry, recipe, name=name).name for name in ("", " ", "mine", "")]
    assert names == ["ae", "ae 2", "mine", "ae 3"]
