from __future__ import annotations

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


def write_mnist(folder: Path, split: str) -> np.ndarray:
    folder.mkdir(parents=True, exist_ok=True)
    written = np.random.default_rng(len(split)).integers(0, 256, (20, 28, 28))
    for name, array in (("images-idx3", written), ("labels-idx1", np.arange(20) % 10)):
        (folder / f"{split}-{name}-ubyte").write_bytes(idx(array))
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


@pytest.mark.parametrize("name", ["mnist", "cifar10"])
@pytest.mark.parametrize("download", [False, True])
def test_what_is_damaged_or_missing_in_part_is_not_called_missing(tmp_path, name, download):
    folder = tmp_path / {"mnist": "MNIST/raw", "cifar10": "cifar-10-batches-py"}[name]
    write_mnist(folder, "train")
    with pytest.raises(InputError) as caught:
        load_dataset(name, "train", tmp_path, download)
    message = str(caught.value)
    assert message.startswith(f"{folder} does not hold all of {name}") and "\n" not in message
    assert message.endswith(": complete it, or delete it to get it anew")


def test_damaged_files_name_their_folder(tmp_path):
    for split in ("train", "t10k"):
        write_mnist(tmp_path / "MNIST" / "raw", split)
    path = tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte"
    whole = path.read_bytes()
    for damaged in (whole[:-100], b"text" + whole[4:], b""):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match=r"MNIST/raw does not hold all of mnist"):
            load_dataset("mnist", "train", tmp_path)
    path.write_bytes(whole)
    for labels, reason in ((np.arange(7), "7 rows for 20 images"), (np.arange(20), "0 and 9")):
        (path.parent / "train-labels-idx1-ubyte").write_bytes(idx(labels))
        with pytest.raises(InputError, match=reason):
            load_dataset("mnist", "train", tmp_path)


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
