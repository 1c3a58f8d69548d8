from __future__ import annotations

import pytest
import torch
from PIL import Image

from ballgen.data import writer
from ballgen.data.imageset import ImageSet
from ballgen.data.writer import write_folder
from ballgen.errors import InputError
from tests.helpers.folders import load_folder


def make_set(split: str, count: int = 6, channels: int = 3, objects: int = 1, **given) -> ImageSet:
    generator = torch.Generator().manual_seed(count)
    object_labels = torch.arange(count * objects).reshape(count, objects) % 3
    object_labels[1:, 1:] = -1
    given.setdefault("class_names", ("tennis", "golf", "american football, old"))
    given.setdefault("factors", torch.randn(count, 2, generator=generator) / 3)
    given.setdefault("factor_names", ("x px", "angle deg"))
    return ImageSet(
        name="made",
        split=split,
        pixels=torch.randint(0, 256, (count, channels, 32, 32), generator=generator).byte(),
        labels=object_labels[:, 0].contiguous(),
        object_labels=object_labels if objects > 1 else None,
        **given,
    )


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("objects", [1, 3])
def test_what_is_written_is_read_again(tmp_path, channels, objects):
    sets = {
        s: make_set(s, n, channels, objects) for s, n in (("train", 6), ("valid", 2), ("test", 3))
    }
    write_folder(sets, tmp_path / "new" / "folder")
    for split, expected in sets.items():
        images = load_folder(tmp_path / "new" / "folder", split, channels=channels)
        assert (images.pixels == expected.pixels).all()
        assert images.labels.tolist() == expected.labels.tolist()
        assert images.class_names == expected.class_names
        assert images.digest == expected.digest
        assert images.factor_names == expected.factor_names
        assert (images.factors == expected.factors).all()
        assert images.skipped == 0
        if objects > 1:
            assert images.object_labels.tolist() == expected.object_labels.tolist()


def test_the_layout_is_that_of_the_reports(tmp_path):
    write_folder({"test": make_set("test", factors=None, factor_names=())}, tmp_path)
    assert sorted(file.name for file in (tmp_path / "Test").iterdir()) == [
        "classes.txt",
        *(f"img_{index:05d}.png" for index in range(6)),
        "labels.csv",
    ]
    lines = (tmp_path / "Test" / "labels.csv").read_text().splitlines()
    assert lines[:3] == ["img_00000,0", "img_00001,1", "img_00002,2"]
    assert Image.open(tmp_path / "Test" / "img_00000.png").mode == "RGBA"


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    mine = tmp_path / "mine.txt"
    mine.write_bytes(b"mine")
    with pytest.raises(InputError, match="is not empty: choose a new or empty folder"):
        write_folder({"train": make_set("train")}, tmp_path)
    assert list(tmp_path.iterdir()) == [mine]


def test_an_interrupted_write_is_noticed(tmp_path, monkeypatch):
    sets = {"train": make_set("train", 9), "test": make_set("test", 4)}

    def stop_in_the_test_split(images, folder):
        if folder.name == "Test":
            raise KeyboardInterrupt
        write_split(images, folder)

    write_split = writer._write_split
    monkeypatch.setattr(writer, "_write_split", stop_in_the_test_split)
    with pytest.raises(KeyboardInterrupt):
        write_folder(sets, tmp_path)
    monkeypatch.undo()
    with pytest.raises(InputError, match="cut short"):
        load_folder(tmp_path, "train")


def test_sets_that_do_not_belong_together(tmp_path):
    out = tmp_path / "out"
    with pytest.raises(InputError, match="no split"):
        write_folder({}, out)
    with pytest.raises(InputError, match="split 'dev' is unknown"):
        write_folder({"dev": make_set("dev")}, out)
    with pytest.raises(InputError, match="different class names"):
        write_folder(
            {"train": make_set("train"), "test": make_set("test", class_names=("a", "b", "c"))}, out
        )
    with pytest.raises(InputError, match=r"classes\.txt"):
        write_folder({"train": make_set("train", class_names=("a\nb", "c", "d"))}, out)
    assert not out.exists()


def test_unwritable_places(tmp_path):
    (tmp_path / "file").write_text("a file where a folder is needed")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(InputError, match=r"cannot be written|is a file"):
            write_folder({"train": make_set("train")}, out)
