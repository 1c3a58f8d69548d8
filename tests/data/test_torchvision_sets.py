from __future__ import annotations

import gzip
import struct
import urllib.request
from pathlib import Path

import numpy as np
import pytest

from ballgen.data.torchvision_sets import load_dataset
from ballgen.errors import InputError


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Every connection goes to a port where nobody listens."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    # What opens addresses is made once, with the proxies of that moment: not with these for good.
    monkeypatch.setattr(urllib.request, "_opener", None)


def idx(array: np.ndarray) -> bytes:
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return header + array.astype(np.uint8).tobytes()


def write_mnist(
    folder: Path, split: str, kinds: str = "images labels", suffix: str = ""
) -> np.ndarray:
    folder.mkdir(parents=True, exist_ok=True)
    written = np.random.default_rng(len(split)).integers(0, 256, (20, 28, 28))
    contents = {"images": ("images-idx3", written), "labels": ("labels-idx1", np.arange(20) % 10)}
    for kind in kinds.split():
        name, array = contents[kind]
        data = idx(array)
        path = folder / f"{split}-{name}-ubyte{suffix}"
        path.write_bytes(gzip.compress(data) if suffix else data)
    return written


@pytest.mark.parametrize(
    ("name", "folder", "last"),
    [("mnist", "MNIST", "9"), ("fashion-mnist", "FashionMNIST", "Ankle boot")],
)
def test_complete_folder(tmp_path, name, folder, last):
    written = {s: write_mnist(tmp_path / folder / "raw", s) for s in ("train", "t10k")}
    for split, file in (("train", "train"), ("test", "t10k"), ("valid", "t10k")):
        images = load_dataset(name, split, tmp_path)
        assert (images.pixels[:, 0].numpy() == written[file]).all()
        assert images.labels.tolist() == [*range(10)] * 2
        assert (len(images.class_names), images.class_names[9]) == (10, last)
        assert (images.name, images.split) == (name, split)


@pytest.mark.parametrize("below", ["MNIST/raw", "raw", "."])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_folder_with_the_train_files_alone(tmp_path, below, suffix):
    written = write_mnist(tmp_path / below, "train", suffix=suffix)
    images = load_dataset("mnist", "train", tmp_path)
    assert (images.pixels[:, 0].numpy() == written).all()
    with pytest.raises(InputError, match=r"mnist is not in .* --data-root DIR"):
        load_dataset("mnist", "test", tmp_path)


def test_images_without_labels_come_unlabelled(tmp_path):
    write_mnist(tmp_path / "MNIST" / "raw", "train")
    written = write_mnist(tmp_path / "MNIST" / "raw", "t10k", "images")
    images = load_dataset("mnist", "test", tmp_path)
    assert "t10k-images-idx3-ubyte has no labels" in images.remarks[0]
    assert (images.pixels[:, 0].numpy() == written).all()
    assert images.class_names == ("image",)
    assert images.labels.tolist() == [0] * 20


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist", "cifar10"])
def test_nothing_there_and_no_network(tmp_path, name):
    with pytest.raises(InputError) as caught:
        load_dataset(name, "train", tmp_path)
    message = str(caught.value)
    assert name in message
    assert str(tmp_path) in message
    assert "--data-root DIR" in message
    assert "\n" not in message
    assert not list(tmp_path.iterdir())  # no empty folders stay behind


def test_a_mistyped_root_is_not_made(tmp_path):
    with pytest.raises(InputError, match="mistyped"):
        load_dataset("mnist", "train", tmp_path / "mistyped")
    assert not list(tmp_path.iterdir())


def test_who_may_not_download_is_not_kept_waiting(tmp_path, monkeypatch):
    def asked(*_):
        raise AssertionError("the network was asked")

    monkeypatch.setattr("socket.getaddrinfo", asked)
    with pytest.raises(InputError, match=r"mnist is not in .*: give the folder .* --data-root DIR"):
        load_dataset("mnist", "test", tmp_path, download=False)


def test_a_root_that_cannot_be_a_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="--data-root DIR"):
        load_dataset("mnist", "train", tmp_path / "file")


@pytest.mark.parametrize("damage", ["cut", "header", "gzip"])
def test_damaged_files(tmp_path, damage):
    raw = tmp_path / "MNIST" / "raw"
    suffix = ".gz" if damage == "gzip" else ""
    write_mnist(raw, "train", suffix=suffix)
    path = raw / f"train-images-idx3-ubyte{suffix}"
    data = path.read_bytes()
    path.write_bytes(b"text" + data[4:] if damage == "header" else data[:-100])
    with pytest.raises(InputError, match="train-images-idx3-ubyte"):
        load_dataset("mnist", "train", tmp_path)


@pytest.mark.parametrize("download", [False, True])
def test_a_damaged_cifar10_is_not_called_missing(tmp_path, download):
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    (folder / "data_batch_1").write_bytes(b"cut short")
    with pytest.raises(InputError) as caught:
        load_dataset("cifar10", "test", tmp_path, download)
    message = str(caught.value)
    assert message.startswith(f"{folder / 'data_batch_1'} is missing or damaged")
    assert ("could not be downloaded" in message) == download
    assert message.endswith(f": delete {folder} and get it anew")


def test_as_many_labels_as_images(tmp_path):
    write_mnist(tmp_path, "train")
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(np.arange(7)))
    with pytest.raises(InputError, match="20 images but 7 labels"):
        load_dataset("mnist", "train", tmp_path)


@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        ("images-idx3", (20,)),
        ("images-idx3", (20, 28, 28, 5)),
        ("images-idx3", (0, 28, 28)),
        ("images-idx3", (20, 28, 0)),
        ("labels-idx1", (20, 28, 28)),
        ("labels-idx1", (0,)),
    ],
)
@pytest.mark.parametrize("download", [False, True])
def test_arrays_of_another_shape_name_their_file(tmp_path, kind, shape, download):
    write_mnist(tmp_path / "MNIST" / "raw", "train")
    path = tmp_path / "MNIST" / "raw" / f"train-{kind}-ubyte"
    path.write_bytes(idx(np.zeros(shape)))
    with pytest.raises(InputError) as caught:
        load_dataset("mnist", "train", tmp_path, download)
    message = str(caught.value)
    assert message.startswith(f"{path} ") and str(shape) in message
    assert message.endswith(": delete it or get it anew")


def test_labels_beyond_the_classes_name_their_file(tmp_path):
    for split in ("train", "t10k"):  # torchvision finds nothing amiss
        write_mnist(tmp_path / "MNIST" / "raw", split)
    path = tmp_path / "MNIST" / "raw" / "train-labels-idx1-ubyte"
    path.write_bytes(idx(np.arange(20)))
    with pytest.raises(InputError) as caught:
        load_dataset("mnist", "train", tmp_path)
    assert str(caught.value).startswith(f"{path} has labels up to 19, for 10 classes")
    assert load_dataset("mnist", "test", tmp_path).labels.max() == 9


def test_no_other_dataset_is_taken_for_cifar10(tmp_path):
    write_mnist(tmp_path, "train")
    with pytest.raises(InputError, match="cifar10 is not in"):
        load_dataset("cifar10", "train", tmp_path)


def test_the_real_mnist(shared_data):
    if not (shared_data / "mnist").is_dir():
        pytest.skip("no mnist")
    images = load_dataset("mnist", "test", shared_data / "mnist")
    assert images.pixels.shape == (10_000, 1, 28, 28)
    assert images.labels.bincount().tolist()[:3] == [980, 1135, 1032]
    assert images.labels[:5].tolist() == [7, 2, 1, 0, 4]
