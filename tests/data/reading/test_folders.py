from __future__ import annotations

import json
import os
import re
import shutil
import warnings

import pytest
import torch
from PIL import Image

from ballgen.checkpoint import folder as checkpoints
from ballgen.data.reading.folders import held_out_count
from ballgen.errors import InputError
from ballgen.report import comparison
from tests.helpers.folders import colours, digests, load_folder, make_classes, named_labels

pytestmark = pytest.mark.filterwarnings("error")  # such as Pillow's, of odd files


def test_names_out_of_an_old_windows_zip_are_read_in_latin_1(tmp_path, draw):
    for name in (os.fsdecode("Fußball".encode("latin-1")), "tennis"):
        for index in range(3):
            draw(tmp_path / name / f"{index}.png")
    images = load_folder(tmp_path)
    assert images.class_names == ("Fußball", "tennis")
    json.dumps(images.class_names, ensure_ascii=False).encode()


# --- class folders ---------------------------------------------------------------------------


def test_flat_classes_hold_out_a_fifth_of_each(tmp_path, draw):
    folder = tmp_path / "balls"
    for index in range(20):
        for channel, colour in enumerate(("red", "green")):
            value = [0, 0, 0]
            value[channel] = 100 + index  # every image has a shade of its own
            draw(folder / colour / f"{index}.png", tuple(value))
    train, test = load_folder(folder, "train"), load_folder(folder, "test")
    assert (len(train), len(test)) == (32, 8)
    assert test.labels.bincount().tolist() == [4, 4]
    assert not digests(train) & digests(test)
    assert len(digests(train) | digests(test)) == 40
    for images in (train, test):
        assert images.class_names == ("green", "red")
        assert named_labels(images) == colours(images)
        assert images.name == "balls"
    assert load_folder(folder, "valid").digest == test.digest


def test_what_is_cropped_and_what_stands_for_test_images_is_told(tmp_path, draw):
    for split in ("train", "valid"):
        for index in range(4):
            draw(tmp_path / split / "red" / f"{index}.png", size=(64, 32 + 32 * (index > 0)))
    assert load_folder(tmp_path, "train").remarks == (
        f"{tmp_path}: 1 of 4 images are not square: their middle square is used",
    )
    assert load_folder(tmp_path, "test").remarks[1:] == (
        f"{tmp_path}: it has no test images: those of valid stand for them",
    )
    *_, alone = load_folder(tmp_path / "train", "test").remarks
    assert alone.endswith("it has no test images: 1 that are not trained on stand for them")


@pytest.mark.parametrize(
    ("count", "held_out"),
    [(1, 0), (2, 1), (9, 2), (40, 8), (41, 20), (99, 20), (600, 120), (10**6, 10_000)],
)
def test_enough_is_held_out_for_scores_where_that_leaves_most_for_training(count, held_out):
    assert held_out_count(count) == held_out


def test_the_only_image_of_a_class_is_not_held_out(tmp_path, draw):
    for index in range(10):
        draw(tmp_path / "red" / f"{index}.png")
        draw(tmp_path / f"lone {index}" / "1.png")
    train, test = load_folder(tmp_path, "train"), load_folder(tmp_path, "test")
    assert train.labels.unique().tolist() == list(range(11))
    assert named_labels(test) == ["red"] * 4


def test_images_of_class_folders_come_mixed(tmp_path, draw):
    labels = load_folder(make_classes(draw, tmp_path, {"red": 20, "green": 20})).labels
    assert (labels[1:] != labels[:-1]).sum() > 5  # sorted by class there would be one change


@pytest.mark.parametrize("names", [("train", "test"), ("Train", "TEST"), ("training", "testing")])
def test_train_and_test_folders(tmp_path, draw, names):
    make_classes(draw, tmp_path / names[0], {"red": 3, "green": 2})
    make_classes(draw, tmp_path / names[1], {"green": 1, "blue": 2})
    train, test = load_folder(tmp_path, "train"), load_folder(tmp_path, "test")
    assert (len(train), len(test)) == (5, 3)
    assert train.class_names == test.class_names == ("blue", "green", "red")
    assert named_labels(train) == colours(train)
    assert named_labels(test) == colours(test)
    assert load_folder(tmp_path, "valid").digest == test.digest


@pytest.mark.parametrize(
    "names",
    [
        ("training_set", "test_set"),
        ("Training Set", "Test Set"),
        ("seg_train/seg_train", "seg_test/seg_test"),
        ("train-images", "test-images"),
    ],
)
def test_split_folders_with_a_further_word(tmp_path, draw, names):
    make_classes(draw, tmp_path / names[0], {"red": 3, "green": 2})
    make_classes(draw, tmp_path / names[1], {"red": 1, "green": 2})
    draw(tmp_path / "seg_pred" / "1.png")
    train, test = load_folder(tmp_path, "train"), load_folder(tmp_path, "test")
    assert (len(train), len(test)) == (5, 3)
    assert train.class_names == test.class_names == ("green", "red")
    assert train.skipped == 1


@pytest.mark.parametrize("name", ["train", "Test", "train station", "test_tube"])
def test_a_class_may_be_called_like_a_split(tmp_path, draw, name):
    for folder in ("bus", "car", name):
        for index in range(4):
            draw(tmp_path / folder / f"{index}.png")
    assert load_folder(tmp_path).class_names == tuple(sorted(["bus", "car", name]))


@pytest.mark.parametrize("zipped", [False, True])
def test_checkpoints_trained_into_the_folder_are_no_images_of_it(
    tmp_path, draw, zip_folder, zipped
):
    folder = tmp_path / "balls"

    def load():
        return load_folder(zip_folder(folder, tmp_path / "balls.zip") if zipped else folder)

    make_classes(draw, folder, {"red": 4, "green": 4})
    before = load().digest
    draw(folder / "checkpoints" / comparison.FILE)
    draw(folder / "checkpoints" / "ae" / "samples.png")
    for name in (checkpoints.RECORD, checkpoints.MODEL):
        (folder / "checkpoints" / "ae" / name).touch()
    images = load()
    assert (images.digest, images.class_names, images.skipped) == (before, ("green", "red"), 0)
    (folder / "checkpoints" / "ae" / checkpoints.RECORD).unlink()
    assert "checkpoints" in load().class_names


@pytest.mark.parametrize("valid_name", ["valid", "Val", "validation"])
def test_three_splits_and_missing_ones(tmp_path, draw, valid_name):
    make_classes(draw, tmp_path / "train", {"red": 4})
    make_classes(draw, tmp_path / valid_name, {"red": 2})
    assert len(load_folder(tmp_path, "train")) == 4
    assert len(load_folder(tmp_path, "valid")) == 2
    assert len(load_folder(tmp_path, "test")) == 2  # no test folder: the valid one
    make_classes(draw, tmp_path / "test", {"red": 3})
    assert [len(load_folder(tmp_path, split)) for split in ("train", "valid", "test")] == [4, 2, 3]


def test_without_a_train_folder_all_is_one_pool(tmp_path, draw):
    make_classes(draw, tmp_path / "test", {"red": 12, "green": 8})
    train, test = load_folder(tmp_path, "train"), load_folder(tmp_path, "test")
    assert (len(train), len(test)) == (16, 4)


def test_number_names_sort_as_numbers(tmp_path, draw):
    for name in ("0", "2", "10"):
        draw(tmp_path / name / "1.png", size=(int(name) + 16, 16))
        draw(tmp_path / name / "2.png")
    assert load_folder(tmp_path).class_names == ("0", "2", "10")


def test_plain_images_have_one_class(tmp_path, draw):
    for index in range(4):
        draw(tmp_path / f"{index}.jpg")
    images = load_folder(tmp_path)
    assert (len(images), images.class_names) == (3, ("image",))
    draw(tmp_path / "red" / "1.png")
    images = load_folder(tmp_path)
    assert images.class_names == ("red",)
    assert re.search("4 files were skipped.*beside the class folders", images.remarks[0])


def test_images_outside_the_splits_are_counted(tmp_path, draw):
    make_classes(draw, tmp_path / "train", {"red": 4})
    make_classes(draw, tmp_path / "test", {"red": 2})
    draw(tmp_path / "to predict" / "1.png")
    images = load_folder(tmp_path)
    assert images.skipped == 1
    assert re.search("1 file was skipped.*to predict/1.png.*outside", images.remarks[0])


# --- zips ------------------------------------------------------------------------------------


@pytest.mark.parametrize("below", ["", "wrapper/", "outer/inner/"])
@pytest.mark.parametrize("splits", [("",), ("train/", "test/")])
def test_a_zip_reads_like_its_folder(tmp_path, draw, zip_folder, below, splits):
    for split in splits:
        make_classes(draw, tmp_path / "data" / split, {"red": 6, "green": 5})
    zip_folder(tmp_path / "data", tmp_path / "data.zip", below)
    for split in ("train", "test"):
        a, b = load_folder(tmp_path / "data", split), load_folder(tmp_path / "data.zip", split)
        assert a.digest == b.digest
        assert len(a) > 0


def test_a_damaged_member_of_a_zip_is_skipped(tmp_path, draw, zip_folder):
    make_classes(draw, tmp_path / "data", {"red": 6, "green": 6})
    path = zip_folder(tmp_path / "data", tmp_path / "data.zip")
    data = bytearray(path.read_bytes())
    start = data.index(b"red/red3.png") + 40
    data[start : start + 20] = bytes(20)
    path.write_bytes(data)
    images = load_folder(path, "train")
    assert images.skipped == 1
    assert "1 file was skipped, the first red/red3.png" in images.remarks[0]
    assert len(images) == 9


# --- files of every kind ---------------------------------------------------------------------


@pytest.fixture
def photographs(tmp_path, draw):
    """Mixed sizes, modes and formats, and four broken files among them."""
    folder = tmp_path / "photos"
    draw(folder / "red" / "a.jpg", "red", (640, 480))
    draw(folder / "red" / "b.jpeg", "red", (30, 50))
    draw(folder / "red" / "c.JPG", "red", format="PNG")  # a PNG by content
    draw(folder / "red" / "d.png", "red", (200, 100), format="JPEG")  # a JPEG by content
    draw(folder / "red" / "e.webp", "red")
    draw(folder / "green" / "f.png", "green", mode="RGBA")
    draw(folder / "green" / "g.png", "green", mode="P")
    draw(folder / "green" / "h.gif", "green")
    draw(folder / "green" / "i.bmp", "green", (64, 64))
    draw(folder / "green" / "j.tiff", "green", mode="CMYK")
    (folder / "green" / "text.png").write_text("this is no image")
    (folder / "red" / "empty.png").touch()
    (folder / "red" / "dangling.png").symlink_to(tmp_path / "nowhere")
    whole = draw(folder / "red" / "cut.jpg", "red", (640, 480)).read_bytes()
    (folder / "red" / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "notes.txt").write_text("not an image file, so not counted")
    return folder


def test_every_usable_file_is_read_and_every_broken_one_counted(photographs):
    train, test = load_folder(photographs, "train"), load_folder(photographs, "test")
    remark, *_ = train.remarks
    assert "4 files were skipped, the first " in remark
    assert train.skipped == 4
    assert (len(train), len(test)) == (8, 2)
    for images in (train, test):
        assert images.pixels.shape[1:] == (3, 32, 32)
        assert named_labels(images) == colours(images)


def test_broken_files_are_replaced_when_images_are_held_out(tmp_path, draw):
    for count in range(2, 12):
        folder = tmp_path / str(count)
        for index in range(20):
            (folder / "red").mkdir(parents=True, exist_ok=True)
            (folder / "red" / f"broken{index}.png").write_text("no image")
        for index in range(count):
            draw(folder / "red" / f"{index}.png", (50 + index, 0, 0))
        train, test = load_folder(folder, "train"), load_folder(folder, "test")
        assert train.remarks and len(test) == held_out_count(count)
        assert len(digests(train) | digests(test)) == len(train) + len(test) == count


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_limit_keeps_shares_and_replaces_broken_files(tmp_path, draw):
    for split in ("train", "test"):
        make_classes(draw, tmp_path / split, {"red": 20, "green": 10})
    for index in range(10):
        (tmp_path / "train" / "red" / f"broken{index}.png").write_text("no image")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sets = [load_folder(tmp_path, limit=9, seed=seed) for seed in (0, 0, 1)]
        assert len(load_folder(tmp_path, limit=1000)) == 30
    assert [len(images) for images in sets] == [9, 9, 9]
    assert min(sets[0].labels.bincount()) >= 2
    assert sets[0].digest == sets[1].digest


def test_labels_and_sizes_do_not_depend_on_the_listing(tmp_path, draw, monkeypatch):
    make_classes(draw, tmp_path, {"red": 8, "green": 8})
    expected = load_folder(tmp_path, "test").digest
    from ballgen.data.reading import file_tree

    real_walk = file_tree.os.walk

    def shuffled_walk(*arguments, **options):
        for folder, folders, names in real_walk(*arguments, **options):
            folders.sort(reverse=True)
            yield folder, folders, sorted(names, reverse=True)

    monkeypatch.setattr(file_tree.os, "walk", shuffled_walk)
    assert load_folder(tmp_path, "test").digest == expected


def test_size_and_channels(tmp_path, draw):
    make_classes(draw, tmp_path, {"red": 2})
    images = load_folder(tmp_path, image_size=48, channels=1)
    assert images.image_shape == (1, 48, 48)
    assert images.pixels.dtype == torch.uint8


@pytest.mark.parametrize("size", [(9_600, 9_600), (14_000, 14_000)])
def test_a_decompression_bomb_is_one_more_broken_file(tmp_path, draw, size):
    make_classes(draw, tmp_path, {"red": 2})
    Image.new("1", size).save(tmp_path / "red" / "bomb.png")
    remark, *_ = load_folder(tmp_path).remarks
    assert "bomb.png" in remark


# --- nothing usable --------------------------------------------------------------------------


def test_a_folder_that_vanishes_while_it_is_read_is_named(tmp_path, draw):
    folder = make_classes(draw, tmp_path / "balls", {"red": 30, "green": 30})

    def vanish(items, what, count):
        shutil.rmtree(folder, ignore_errors=True)
        return items

    with pytest.raises(InputError, match=rf"{folder} vanished while it was read: put it back"):
        load_folder(folder, progress=vanish)
    with pytest.raises(InputError, match=f"{folder} does not exist"):
        load_folder(folder)


def test_nothing_usable_is_an_input_error(tmp_path, draw):
    with pytest.raises(InputError, match="holds no image files"):
        load_folder(tmp_path)
    (tmp_path / "text.png").write_text("this is no image")
    with pytest.raises(InputError, match=r"text\.png \(not an image in a known format\)"):
        load_folder(tmp_path)
    with pytest.raises(InputError, match="does not exist"):
        load_folder(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"text\.png is a single image: give the folder"):
        load_folder(tmp_path / "text.png")
    (tmp_path / "download").mkdir()
    (tmp_path / "download" / "balls.zip").write_bytes(b"")
    with pytest.raises(InputError, match=r"give download/balls\.zip itself"):
        load_folder(tmp_path / "download")


def test_a_single_image_trains_but_has_nothing_to_hold_out(tmp_path, draw):
    draw(tmp_path / "1.png")
    assert len(load_folder(tmp_path, "train")) == 1
    remedy = "add images, or give test images a folder of their own"
    with pytest.raises(InputError, match=rf"too few to hold any out\): {remedy}"):
        load_folder(tmp_path, "test")


# --- the reports' own images ---------------------------------------------------------------


def test_the_sportballs_sample(shared_data):
    folder = shared_data / "sportballs-sample"
    if not folder.is_dir():
        pytest.skip("no sportballs-sample")
    train, test = load_folder(folder / "Test", "train"), load_folder(folder / "Test", "test")
    assert (len(train), len(test)) == (80, 20)
    assert train.class_names == ("0", "1", "2", "3")
    assert train.image_shape == (3, 32, 32)
    assert train.skipped == 0
    corners = train.pixels[:, :, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert (corners == 255).float().mean() > 0.95  # transparent paper has become white
