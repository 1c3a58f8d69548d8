from __future__ import annotations

import os

import pytest

from ballgen.data.reading.child import read_in_child
from ballgen.data.reading.folders import read_folder
from ballgen.data.sources import canonical, default_data_root, load_images
from ballgen.errors import InputError
from ballgen.experiment import load_data
from ballgen.recipes import get_recipe
from ballgen.scores.features import default_features


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path_factory):
    """Drawn balls are cached in a folder of the test, not in the user's."""
    monkeypatch.setenv("BALLGEN_CACHE", str(tmp_path_factory.mktemp("cache")))


def test_sportballs_in_every_size_and_channel():
    balls = load_images("sportballs", "train", limit=12)
    assert balls.image_shape == (3, 32, 32)
    assert (len(balls), balls.split) == (12, "train")
    assert balls.class_names == ("baseball", "basketball", "volleyball", "soccerball")
    assert balls.factor_names[0] == "class"
    large = load_images("SportBalls", "train", image_size=64, channels=1, limit=12)
    assert large.image_shape == (1, 64, 64)
    assert large.factors[0, 3] > balls.factors[:, 3].min()  # drawn at 64 px, in 64-px coordinates


def test_flat_balls_are_a_source_of_their_own():
    flat, lit = (load_images(name, limit=12) for name in ("Sportballs-Flat", "sportballs"))
    assert (flat.name, canonical("SPORTBALLS-flat")) == ("sportballs-flat", "sportballs-flat")
    assert (flat.factors == lit.factors).all() and flat.digest != lit.digest
    assert (default_features(flat), default_features(lit)) == ("random", "balls")


def test_sportballs_splits():
    train, valid, test = (load_images("sportballs", s, limit=8) for s in ("train", "valid", "test"))
    assert (valid.pixels == test.pixels).all()
    assert valid.split == "valid"
    assert train.digest != test.digest


def test_a_folder_gets_32_px_and_three_channels(tmp_path, draw):
    for index in range(6):
        draw(tmp_path / "red" / f"{index}.png", size=(90, 70))
    assert load_images(tmp_path).image_shape == (3, 32, 32)
    assert load_images(str(tmp_path), image_size=16, channels=1).image_shape == (1, 16, 16)
    assert len(load_images(tmp_path, limit=3)) == 3


def test_mnist_sizes_channels_and_limit(shared_data):
    root = shared_data / "mnist"
    if not root.is_dir():
        pytest.skip("no mnist")
    native = load_images("mnist", "test", limit=50, data_root=root)
    assert native.image_shape == (1, 28, 28)
    assert native.labels.bincount().min() >= 4
    assert (native.labels[1:] - native.labels[:-1]).min() < 0  # in the order of the file
    again, other = (load_images("mnist", "test", limit=50, seed=s, data_root=root) for s in (0, 1))
    assert again.digest == native.digest != other.digest
    colour = load_images("mnist", "test", 32, 3, limit=50, data_root=root)
    assert colour.image_shape == (3, 32, 32)
    assert colour.labels.tolist() == native.labels.tolist()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"source": "sportbals"}, "choose sportballs, sportballs-flat, mnist"),
        ({"source": "/nowhere/at/all"}, "/nowhere/at/all does not exist: put it back"),
        ({"split": "dev"}, "choose from train, valid, test"),
        ({"image_size": 17}, "image size 17"),
        ({"channels": 2}, "channels must be 1 or 3"),
        ({"limit": 0}, "limit must be a whole number of at least 1, got 0"),
        ({"limit": 2.5}, "limit must be a whole number of at least 1, got 2.5"),
        ({"limit": "4"}, "limit must be a whole number of at least 1, got '4'"),
        ({"limit": True}, "limit must be a whole number of at least 1, got True"),
        ({"image_size": "32"}, "image size '32' is not supported: choose a multiple of 8"),
        ({"image_size": 32.0}, "image size 32.0 is not supported"),
        ({"channels": True}, "channels must be 1 or 3, got True"),
        ({"channels": [3]}, r"channels must be 1 or 3, got \[3\]"),
        ({"seed": "x"}, "seed must be a whole number from 0 to .*, got 'x'"),
        ({"source": None}, "a data source must be text, got NoneType: choose sportballs"),
        ({"source": b"sportballs"}, "a data source must be text, got bytes"),
        ({"source": "mnist", "data_root": 5}, "a path must be text, got int"),
    ],
)
def test_bad_input(arguments, reason):
    with pytest.raises(InputError, match=reason):
        load_images(**({"source": "sportballs"} | arguments))


def test_default_data_root_is_in_the_cache_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("BALLGEN_CACHE", str(tmp_path))
    assert default_data_root() == tmp_path / "datasets"


def test_a_data_root_of_the_machine_is_looked_into(monkeypatch, tmp_path):
    monkeypatch.setenv("BALLGEN_DATA_ROOT", str(tmp_path / "shared"))
    with pytest.raises(InputError, match=rf"mnist is not in {tmp_path}/shared"):
        load_images("mnist", download=False)


def test_skipped_files_are_warned_of_and_remarked(tmp_path, draw):
    for index in range(3):
        draw(tmp_path / "red" / f"{index}.png")
    (tmp_path / "red" / "text.png").write_text("no image")
    with pytest.warns(UserWarning, match=r"1 file was skipped, the first red/text\.png") as caught:
        images = load_images(tmp_path, "train")
    assert caught[0].filename == __file__  # where the reader's own line is
    assert images.remarks == (str(caught[0].message),)


def test_images_that_are_in_both_splits_are_counted(tmp_path, draw):
    for split, shades in (("train", (10, 20, 30, 40)), ("test", (20, 40, 50))):
        for shade in shades:
            draw(tmp_path / split / f"{shade}.png", (shade, 0, 0))
    draw(tmp_path / "test" / "20 again.bmp", (20, 0, 0))
    with pytest.warns(UserWarning, match=r"3 of 4 test images are training images, too.*: delete"):
        data = load_data(tmp_path, get_recipe("vae"))
    assert (data.test.copies_of(data.train), data.train.copies_of(data.test)) == (3, 2)


@pytest.mark.parametrize(
    ("files", "said", "sizes"),
    [
        (
            {"train/red/a.png": (32, 32), "train/blue/b.png": (64, 48), "test/red/c.png": (32, 32)},
            "folders train, test (train 2, test 1 images); 2 classes from the folders' names: "
            "blue 1, red 2; 32 × 32 to 64 × 48 px",
            (2, 1),
        ),
        (
            {f"{index}.png": (32, 32) for index in range(60)},
            "no splits (60 images, 20 of them held out for tests); no labels; 32 × 32 px",
            (40, 20),
        ),
    ],
)
def test_what_was_understood_is_said(files, said, sizes, tmp_path, draw):
    for name, size in files.items():
        draw(tmp_path / name, size=size)
    (tmp_path / next(iter(files))).with_name("z.png").write_bytes(b"no image")
    for read in (read_folder, read_in_child):
        images = load_images(tmp_path, quiet=True, read=read)
        assert "; ".join(images.understood) == said and images.split_sizes == sizes
        test = load_images(tmp_path, "test", quiet=True, read=read)
        assert (len(images), len(test)) == sizes


def test_a_source_has_one_spelling(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    spellings = ("balls", "balls/", "./balls", tmp_path / "balls")
    assert {canonical(spelling) for spelling in spellings} == {str(tmp_path / "balls")}
    assert canonical("SportBalls") == "sportballs"
    assert canonical("./mnist") == str(tmp_path / "mnist") != canonical("MNIST") == "mnist"


@pytest.mark.parametrize(
    "name", [os.fsdecode(b"caf\xe9"), os.fsdecode(b"caf\xe9/1.zip"), "caf\ud800"]
)
def test_a_source_that_no_record_can_name_is_refused_in_words_that_can_be_shown(tmp_path, name):
    told = rf"{tmp_path}/caf\\.*(not in UTF-8 .*: rename|half a character: type it anew)"
    with pytest.raises(InputError, match=told) as caught:
        canonical(tmp_path / name)
    str(caught.value).encode()
    assert canonical(tmp_path / "café") == str(tmp_path / "café")
