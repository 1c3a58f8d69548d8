from __future__ import annotations

import io
import os
import re
import time

import numpy as np
import psutil
import pytest
from PIL import Image

from ballgen.data.decode import decode
from ballgen.data.reading.child import Bounds, decode_in_child, read_in_child
from ballgen.data.reading.folders import read_folder
from ballgen.errors import InputError
from benchmarks.hostile_archives import ARCHIVES, blank_png, peak_of_children, png, zipped
from tests.helpers.folders import make_classes

pytestmark = pytest.mark.slow  # each test starts a process
MB = 2**20


def encode(image, kind, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def write_zip(folder, members):
    path = folder / "images.zip"
    path.write_bytes(zipped(members))
    return path


def test_it_reads_as_the_process_itself_would(tmp_path, draw):
    make_classes(draw, tmp_path, {"red": 12, "green": 8})
    told = []
    settings = "train", 32, 3, 10, 1
    found = read_in_child(tmp_path, *settings, on_progress=lambda *seen: told.append(seen))
    own = read_folder(tmp_path, *settings)
    for name, value in own._asdict().items():
        assert np.array_equal(getattr(found, name), value), name
    with pytest.raises(InputError, match="holds no image files"):
        read_in_child(tmp_path / "red" / "..", "train", 32, 3, roots=[tmp_path / "nothing"])


def test_a_link_that_leads_outside_is_not_read(tmp_path, draw):
    make_classes(draw, tmp_path / "root", {"red": 3})
    draw(tmp_path / "private" / "secret.png", "green", (32, 32))
    (tmp_path / "root" / "red" / "link.png").symlink_to(tmp_path / "private" / "secret.png")
    (tmp_path / "root" / "folder").symlink_to(tmp_path / "private")
    everything = read_in_child(tmp_path / "root")
    inside = read_in_child(tmp_path / "root", roots=[tmp_path / "root"])
    assert everything.class_names == ("folder", "red")
    assert inside.class_names == ("red",)
    assert any("a link to another folder" in remark for remark in inside.remarks)


def test_what_needs_too_much_memory_is_refused_and_the_process_stays_small(tmp_path):
    path = write_zip(
        tmp_path, (("0.png", blank_png(9400, 8, 6, 4)), ("1.png", blank_png(64, 8, 2, 3)))
    )
    with peak_of_children() as peak:
        found = read_in_child(path, bounds=Bounds(memory=300 * MB))
    assert len(found.pixels) == 1
    assert found.skipped == 1
    assert peak[0] < 300 * MB


def test_every_decoder_keeps_to_the_bounds(tmp_path):
    large = {
        "train/0.jpg": encode(Image.new("L", (14_200, 14_200), 200), "JPEG"),
        "train/1.heic": encode(Image.new("RGB", (1_500, 1_500), "white"), "HEIF", quality=10),
        "train/2.png": blank_png(9400, 16, 0, 1),
        "test/3.png": png(),
    }
    path = write_zip(tmp_path, large.items())
    with peak_of_children() as peak:
        found = read_in_child(path)
    assert (len(found.pixels), found.skipped) == (3, 0), found.remarks
    assert "1 of 3 images hold more than 8 bits" in found.remarks[0]
    assert peak[0] < 748 * MB


def test_after_its_time_no_further_image_is_read(tmp_path):
    image = blank_png(3000, 8, 2, 3)
    path = write_zip(tmp_path, ((f"{number}.png", image) for number in range(400)))
    found = read_in_child(path, bounds=Bounds(seconds=2))
    assert 0 < len(found.pixels) < 300
    assert "not read within 2 s" in found.remarks[0]


def test_what_cancels_it_ends_the_process(tmp_path):
    image = blank_png(3000, 8, 2, 3)
    path = write_zip(tmp_path, ((f"{number}.png", image) for number in range(400)))

    cancelled = []

    def cancel(done: int, count: int) -> None:
        cancelled.append(time.monotonic())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_in_child(path, on_progress=cancel)
    assert time.monotonic() - cancelled[0] < 5  # of the half a minute that reading takes
    assert not [one for one in psutil.Process().children() if "reading.child" in str(one.cmdline())]


def test_one_image_is_decoded_as_the_process_itself_would():
    content = png("RGB", 40, "red")
    assert (decode_in_child(content, 32, 3) == decode(content, 32, 3).pixels).all()
    with pytest.raises(InputError, match="this file cannot be used: not an image"):
        decode_in_child(b"hello", 32, 3)
    with pytest.raises(InputError, match=r"this image needs more|cannot be used"):
        decode_in_child(blank_png(9400, 8, 6, 4), 32, 3, Bounds(memory=300 * MB))


@pytest.mark.parametrize(
    ("name", "size", "said"),
    [
        ("deep_images", (1,), r"1 file was skipped.*12000 x 12000 px are too many"),
        ("ragged_table", (20_000,), "more than 10,000 columns: shorten it"),
        ("nested", (), "holds no image files: give .* or unpack it"),
        ("equal_names", (12,), "^$"),
        ("many_classes", (8_000,), "8,000 classes"),
        ("many_checkpoints", (3_000,), "^$"),
        ("odd_names", (), "5 files were skipped"),
        ("deep_path", (), "more than 32 deep"),
    ],
)
def test_archives_that_are_made_to_hurt(name, size, said, tmp_path):
    path, start = write_zip(tmp_path, ARCHIVES[name](*size)), time.monotonic()
    with peak_of_children() as peak:
        try:
            answer = " ".join(read_in_child(path, "train", 32, 3, 2000).remarks)
        except InputError as error:
            answer = str(error)
    assert re.search(said, answer)
    assert time.monotonic() - start < 60
    assert peak[0] < 1024 * MB


@pytest.mark.parametrize("kind", ["device", "pipe", "device in the folder", "pipe in the folder"])
def test_what_never_ends_is_not_read(kind, tmp_path, draw):
    make_classes(draw, tmp_path / "balls", {"red": 3})
    target = (
        tmp_path / "balls" / "red" / "endless.png" if "in" in kind.split() else tmp_path / "endless"
    )
    if "device" in kind:
        target.symlink_to("/dev/zero")
    else:
        os.mkfifo(target)
    if target.parent == tmp_path:
        with pytest.raises(InputError, match="neither a folder nor a regular file"):
            read_in_child(target)
    else:
        assert "not a regular file" in read_in_child(tmp_path / "balls").remarks[0]
