"""Pictures from a browser are kept once, whole, and only if something can be learned from them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ballgen.data.sources import load_images
from ballgen.errors import InputError
from ballgen.runs.uploads import load_upload, store_folder, store_zip, uploaded_images
from tests.helpers.tiny import write_balls, zip_of_balls


@pytest.fixture(autouse=True)
def runs_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("BALLGEN_RUNS", str(tmp_path / "runs"))


def test_the_same_zip_is_kept_once_and_loads(tmp_path):
    content = zip_of_balls(tmp_path)
    path = store_zip("../my balls!.zip", content)
    assert path.name.startswith("my-balls-") and path.read_bytes() == content
    assert store_zip("../my balls!.zip", content) == path
    assert len(store_zip("ä" * 300 + ".zip", content).name.encode()) < 100
    assert path in uploaded_images() and len(uploaded_images()) == 2
    assert len(load_images(path, "train")) + len(load_images(path, "test")) >= 8


def test_what_was_left_out_of_a_dropped_zip_is_told_by_its_own_name(tmp_path):
    write_balls(tmp_path / "mine")
    next((tmp_path / "mine" / "train").rglob("*.png")).write_bytes(b"no picture")
    content = Path(shutil.make_archive(tmp_path / "made", "zip", tmp_path / "mine")).read_bytes()
    for name in ("balls.zip", "my upload.zip"):
        images = load_upload(name, content, "train")
        assert images.name == name
        assert images.remarks[0].startswith(f"{name}: 1 file was skipped")


@pytest.mark.parametrize("content", [b"hello", b""])
def test_what_cannot_be_read_is_told_by_its_own_name_and_not_kept(content):
    with pytest.raises(InputError, match=r"mine\.zip"):
        store_zip("mine.zip", content)
    assert not uploaded_images()


def test_a_folder_keeps_its_classes_and_is_the_same_file_again(tmp_path):
    write_balls(tmp_path / "mine")
    files = {str(path.relative_to(tmp_path)): path.read_bytes() for path in tmp_path.rglob("*.png")}
    path = store_folder(files)
    assert path.name.startswith("mine-")
    assert store_folder(dict(reversed(files.items()))) == path
    kept, folder = load_images(path, "train"), load_images(tmp_path / "mine", "train")
    assert kept.class_names == folder.class_names and len(kept) == len(folder)
