"""Images from a browser are kept once, whole, by name, and only if something can be learned."""

from __future__ import annotations

import pytest

from ballgen.data.sources import load_images
from ballgen.errors import InputError
from ballgen.experiment import load_data
from ballgen.runs.uploads import (
    check_source,
    check_upload,
    delete_upload,
    find_upload,
    rename_upload,
    source_title,
    store_zip,
    uploads,
)
from tests.helpers.tiny import tiny_recipe, write_balls, zip_of_balls


@pytest.fixture(autouse=True)
def runs_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("BALLGEN_RUNS", str(tmp_path / "runs"))


def test_the_same_zip_is_kept_once_and_loads(tmp_path):
    content = zip_of_balls(tmp_path)
    path = store_zip("../my balls!.zip", content)
    assert path.name.startswith("my-balls-") and path.read_bytes() == content
    assert store_zip("../my balls!.zip", content) == store_zip("again.zip", content) == path
    assert [(one.path, one.name) for one in uploads()] == [(path, "my balls!")]
    assert len(load_images(path, "train")) + len(load_images(path, "test")) >= 8


@pytest.mark.parametrize(
    "name, file, title",
    [
        ("ä" * 300 + ".zip", "ä" * 40, "ä" * 40),
        ("..\\..\\evil\n\0.zip", "evil", "evil"),
        (".zip", "zip", ".zip"),
        ("!!.zip", "images", "!!"),
    ],
)
def test_a_name_of_another_hand_is_no_path(name, file, title, tmp_path):
    path = store_zip(name, zip_of_balls(tmp_path))
    assert path.parent == tmp_path / "runs" / "uploads"
    (found,) = uploads()
    assert path.stem.rpartition("-")[0] == file and found.name == title


@pytest.mark.parametrize("content", [b"hello", b""])
def test_what_cannot_be_read_is_told_by_its_own_name_and_not_kept(content):
    with pytest.raises(InputError, match=r"mine\.zip"):
        store_zip("mine.zip", content)
    assert not uploads()


@pytest.mark.parametrize("split", ["train", "test"])
def test_an_upload_holds_what_the_command_line_reads(split, tmp_path):
    write_balls(tmp_path / "mine", 60)
    content = zip_of_balls(tmp_path)
    (tmp_path / "mine.zip").write_bytes(content)
    given = (tmp_path / "mine", tmp_path / "mine.zip", store_zip("x.zip", content))
    read = [getattr(load_data(str(path), tiny_recipe("vae")), split) for path in given]
    assert len({images.digest for images in read}) == 1 and len(read[0]) > 5


def test_an_upload_is_renamed_and_found_by_both_titles_and_its_path(tmp_path):
    path = store_zip("mine.zip", zip_of_balls(tmp_path))
    before = source_title(str(path))
    rename_upload(path, "  holiday\n2026 ")
    (upload,) = uploads()
    assert upload.name == "holiday 2026" and path.exists()
    assert source_title(str(path)) == upload.title != before
    assert find_upload(before) == find_upload(upload.title) == find_upload(str(path)) == upload
    with pytest.raises(InputError, match="must not be empty"):
        rename_upload(path, " \0")
    assert find_upload("sportballs") is find_upload("x (00000000)") is None


def test_one_of_an_earlier_version_is_called_by_its_file(tmp_path):
    path = store_zip("mine.zip", zip_of_balls(tmp_path))
    path.with_suffix(".name").unlink()
    assert [one.name for one in uploads()] == ["mine"]
    path.with_suffix(".name").write_bytes(b"\xff")
    assert [one.name for one in uploads()] == ["mine"]


def test_what_was_deleted_is_told_and_comes_back_to_its_place(tmp_path):
    content = zip_of_balls(tmp_path)
    path = store_zip("mine.zip", content)
    rename_upload(path, "holiday")
    title = source_title(str(path))
    delete_upload(path)
    assert not uploads() and source_title(str(path)) == title
    for source in (str(path), title):
        with pytest.raises(InputError, match=r"mine-.*were deleted|holiday .*were deleted"):
            check_source(source)
    for act in (delete_upload, lambda path: rename_upload(path, "x")):
        with pytest.raises(InputError, match="were deleted"):
            act(path)
    assert store_zip("other.zip", content) == path
    check_upload(str(path))
    assert source_title(str(path)) == title
