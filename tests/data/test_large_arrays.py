from __future__ import annotations

import errno
import os

import numpy as np
import pytest

from ballgen.data import large_arrays
from ballgen.data.imageset import ImageSet
from ballgen.data.reading.folders import read_folder
from ballgen.data.sources import load_images
from ballgen.errors import InputError
from ballgen.experiment import Data, Experiment
from tests.helpers.tiny import tiny_recipe, write_balls


@pytest.fixture
def little_memory(monkeypatch, tmp_path):
    monkeypatch.setattr(large_arrays, "MEMORY_SHARE", 0.0)
    monkeypatch.setenv("BALLGEN_CACHE", str(tmp_path / "cache"))


def loaded(folder) -> tuple[ImageSet, ImageSet]:
    return tuple(load_images(folder, split, image_size=16) for split in ("train", "test"))


def test_images_beyond_a_share_of_memory_lie_in_a_file_and_are_the_same(tmp_path, request):
    write_balls(tmp_path / "balls", 12)
    write_balls(tmp_path / "balls", 6, "test")
    before = loaded(tmp_path / "balls")
    assert not isinstance(read_folder(tmp_path / "balls").pixels, np.memmap)
    request.getfixturevalue("little_memory")
    assert isinstance(read_folder(tmp_path / "balls").pixels, np.memmap)
    train, test = loaded(tmp_path / "balls")
    assert (train.digest, test.digest) == tuple(images.digest for images in before)
    assert not list((tmp_path / "cache").iterdir())  # the file has no name
    recipe = tiny_recipe("ae", epochs=1)
    Experiment(recipe, Data(str(tmp_path / "balls"), train, test), tmp_path / "out").run()
    assert (tmp_path / "out" / "ae" / "scores.json").exists()


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="cannot reserve room")
def test_a_full_disk_is_an_error_before_anything_is_written(little_memory, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    with pytest.raises(InputError, match="free space"):
        large_arrays.pixel_array((1, 3, 16, 16))
