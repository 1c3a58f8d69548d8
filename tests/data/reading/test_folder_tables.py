"""Folders whose labels stand in a table beside the images."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ballgen.errors import InputError
from tests.helpers.folders import colours, load_folder, named_labels

pytestmark = pytest.mark.filterwarnings("error")  # such as Pillow's, of odd files


def make_table(draw, folder: Path, table: str) -> Path:
    for index, colour in enumerate(("red", "green", "blue", "red", "green")):
        draw(folder / f"img_{index:05d}.png", colour, mode="RGBA")
    (folder / "labels.csv").write_text(table)
    return folder


ONE_COLUMN = "".join(f"img_{i:05d},{label}\n" for i, label in enumerate((2, 1, 0, 2, 1)))


def test_the_reports_layout(tmp_path, draw):
    make_table(draw, tmp_path / "Train", ONE_COLUMN)
    make_table(draw, tmp_path / "Test", "file,label\n" + ONE_COLUMN)
    for split in ("train", "test"):
        images = load_folder(tmp_path, split)
        assert images.labels.tolist() == [2, 1, 0, 2, 1]  # in the order of the table
        assert colours(images) == ["red", "green", "blue", "red", "green"]
        assert images.class_names == ("0", "1", "2")
        assert images.object_labels is None
        assert images.factors is None


def test_a_split_folder_pointed_at_directly(tmp_path, draw):
    make_table(draw, tmp_path / "Test", ONE_COLUMN)
    train, test = load_folder(tmp_path / "Test", "train"), load_folder(tmp_path / "Test", "test")
    assert (len(train), len(test)) == (4, 1)
    assert train.class_names == test.class_names == ("0", "1", "2")
    assert load_folder(tmp_path, "test").digest == test.digest


def test_no_label_column(tmp_path, draw):
    make_table(draw, tmp_path / "train", "".join(f"img_{i:05d}.png\n" for i in range(5)))
    make_table(draw, tmp_path / "test", "".join(f"img_{i:05d}.png\n" for i in range(5)))
    images = load_folder(tmp_path)
    assert (len(images), images.class_names) == (5, ("image",))


def test_several_label_columns(tmp_path, draw):
    table = "img_00000,golf,tennis\nimg_00001,tennis\nimg_00002,golf,golf\n"
    for split in ("train", "test"):
        make_table(draw, tmp_path / split, table + "img_00003,golf,\nimg_00004,cricket,golf\n")
    images = load_folder(tmp_path)
    assert images.class_names == ("cricket", "golf", "tennis")
    assert images.object_labels.tolist() == [[1, 2], [2, -1], [1, 1], [1, -1], [0, 1]]
    assert images.labels.tolist() == [1, 2, 1, 1, 0]


def test_rows_without_images_and_images_without_rows(tmp_path, draw):
    for split in ("train", "test"):
        table = "img_00000,1\nimg_00001,\nimg_00002,0\nimg_00009,1\nimg_00000,0\n"
        make_table(draw, tmp_path / split, table)
    images = load_folder(tmp_path)
    (remark,) = images.remarks
    assert re.search("5 files were skipped, the first .*img_00001", remark)
    assert images.skipped == 5  # one unlabelled, one missing, one twice, two not listed
    assert images.labels.tolist() == [1, 0]


def test_class_names_and_factors_follow_their_files(tmp_path, draw):
    folder = make_table(draw, tmp_path / "train", ONE_COLUMN)
    make_table(draw, tmp_path / "test", ONE_COLUMN)
    (tmp_path / "classes.txt").write_text("blue\ngreen\nred\n")
    rows = "".join(f"img_{i:05d}.png,{i},8,4.5,{i * 10}\n" for i in range(5))
    for split in ("train", "test"):
        header = "file,x px,y px,diameter px,angle deg\n"
        (tmp_path / split / "factors.csv").write_text(header + rows)
    images = load_folder(tmp_path)
    assert images.class_names == ("blue", "green", "red")
    assert named_labels(images) == colours(images)
    assert images.factor_names == ("x px", "y px", "diameter px", "angle deg")
    assert images.factors[3].tolist() == [3, 8, 4.5, 30]
    assert load_folder(tmp_path, image_size=64).factors[3].tolist() == [6, 16, 9, 30]
    draw(folder / "img_00003.png", size=(52, 32))  # 10 px are cut off on either side
    assert load_folder(tmp_path).factors[3].tolist() == [-7, 8, 4.5, 30]
    (folder / "factors.csv").write_text(header + "img_00001,1,1,1,1\n")
    with pytest.raises(InputError, match=r"factors\.csv has no row for img_00000\.png"):
        load_folder(tmp_path)


def test_an_interrupted_write_is_noticed(tmp_path, draw):
    make_table(draw, tmp_path / "train", ONE_COLUMN)
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "labels.csv.part").touch()
    with pytest.raises(InputError, match="cut short"):
        load_folder(tmp_path)


def test_one_table_beside_the_splits_holds_for_all(tmp_path, draw):
    rows = ["file,label"]
    for split, colours_here in (("train", ("red", "green", "red")), ("test", ("green", "red"))):
        for index, colour in enumerate(colours_here):
            draw(tmp_path / split / f"{split}_{index}.png", colour)
            rows.append(f"{split}/{split}_{index}.png,{colour}")
    for text in ("\n".join(rows), "\n".join(rows).replace("train/", "").replace("test/", "")):
        (tmp_path / "labels.csv").write_text(text)
        for split, count in (("train", 3), ("test", 2)):
            images = load_folder(tmp_path, split)
            assert len(images) == count
            assert images.class_names == ("green", "red")
            assert named_labels(images) == colours(images)


def test_a_missing_image_does_not_give_its_label_to_one_of_another_folder(tmp_path, draw):
    for index, colour in enumerate(("red", "green")):
        draw(tmp_path / "b" / f"{index}.png", colour)
    (tmp_path / "labels.csv").write_text("a/0.png,blue\nb/0.png,red\nb/1.png,green\n")
    images = load_folder(tmp_path, "train")
    assert "a/0.png (listed in labels.csv but missing)" in images.remarks[0]
    assert named_labels(images) == colours(images)
