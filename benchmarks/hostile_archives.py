"""Archives made to hurt: what a server does with each of them.

python -m benchmarks.hostile_archives

Each is opened as the page Data opens one, and the page Train an upload. Printed: what was said,
seconds, and the peak memory of the process that read it.
"""

from __future__ import annotations

import io
import itertools
import multiprocessing
import struct
import tempfile
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil
from PIL import Image

from ballgen.data.reading.child import read_in_child
from ballgen.errors import InputError

Members = Iterator[tuple[str, bytes]]
MB = 2**20


def png(mode: str = "RGB", side: int = 24, colour: object = 0) -> bytes:
    """A small real image."""
    buffer = io.BytesIO()
    Image.new(mode, (side, side), colour).save(buffer, "PNG")
    return buffer.getvalue()


def blank_png(side: int, depth: int, kind: int, channels: int) -> bytes:
    """A PNG of zeros, written without its pixels in memory: kind 0 is gray, 6 is RGBA."""
    row = bytes(1 + side * channels * depth // 8)
    packer, packed = zlib.compressobj(9), io.BytesIO()
    for _ in range(side):
        packed.write(packer.compress(row))
    packed.write(packer.flush())

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", side, side, depth, kind, 0, 0, 0)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", packed.getvalue()), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def progressive_jpeg(side: int) -> bytes:
    """A JPEG of a few bytes that claims to be large, and would be held whole."""
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64)).save(buffer, "JPEG", progressive=True)
    data = bytearray(buffer.getvalue())
    at = data.index(b"\xff\xc2")
    data[at + 5 : at + 9] = struct.pack(">HH", side, side)
    return bytes(data)


def deep_images(count: int = 3) -> Members:
    """16 bits per pixel, 88 million pixels, and as many with transparency."""
    for number in range(count):
        yield f"a/{number}.png", blank_png(9400, 16, 0, 1)
        yield f"b/{number}.png", blank_png(9400, 8, 6, 4)
    yield "c/0.jpg", progressive_jpeg(12_000)
    yield from ((f"d/{number}.png", png()) for number in range(20))


def wide_table() -> Members:
    yield "labels.csv", b"," * (32 * MB)
    yield "0.png", png()


def ragged_table(count: int = 100_000) -> Members:
    yield "labels.csv", b"0.png" + b",x" * count + b"\n1.png,a" * count
    yield from ((f"{number}.png", png()) for number in range(2))


def long_cells() -> Members:
    yield "labels.csv", b"0.png,a\n" + "".join(f"{n}.png,c{n}\n" for n in range(1_500_000)).encode()
    yield "classes.txt", b"x\n" * (20 * MB)
    yield "0.png", png()


def nested() -> Members:
    """Five deep, ten wide."""
    content = zipped((f"{n}.png", png()) for n in range(10))
    for _ in range(4):
        content = zipped((f"{n}.zip", content) for n in range(10))
    yield "0.zip", content


def nested_zeros() -> Members:
    yield "0.zip", bytes(1700 * MB)
    yield "0.png", png()


def equal_names(repeat: int = 15) -> Members:
    """Different members that are the same path."""
    image = png()
    for steps in itertools.product(("./", "/"), repeat=repeat):
        yield f"a/{''.join(steps)}0.png", image


def many_classes(count: int = 60_000) -> Members:
    image = png()
    yield from ((f"{n}/0.png", image) for n in range(count))


def some_classes() -> Members:
    image = png()
    yield from ((f"{n % 4_900}/{n}.png", image) for n in range(40_000))


def many_splits() -> Members:
    """Folders that are all called "validation", in other letters."""
    image = png()
    spelled = itertools.product(*((c, c.upper()) for c in "validation"))
    yield from (
        (f"{''.join(name)}/{c}/{n}.png", image) for name in spelled for c in "ab" for n in range(20)
    )


def many_checkpoints(count: int = 20_000) -> Members:
    for number in range(count):
        yield f"{number}/recipe.json", b"{}"
        yield f"{number}/model.safetensors", b""
        yield f"{number}/0.png", b""
    yield "images/0.png", png()


def odd_names() -> Members:
    names = ["", "/", ".", "..", "...", " ", " .png", ".png", "a/.png", "a//", "\0.png", "a\nb.png"]
    names += ["../../0.png", "/etc/0.png", "C:\\0.png", "..zip", "a/..zip", "\u202e.png", "con.png"]
    yield from ((name, png()) for name in names)
    yield "a/0.png", png()


def deep_path() -> Members:
    yield "a/" * 20_000 + "0.png", png()


def many_files() -> Members:
    yield from ((f"a/{number}.png", b"") for number in range(300_000))


def zeros() -> Members:
    for number in range(20):
        yield f"a/{number}.png", bytes(200 * MB)
    yield "a/x.png", png()


def slow_images() -> Members:
    """Each is valid and takes a second."""
    image = blank_png(9400, 8, 2, 3)
    yield from ((f"a/{number}.png", image) for number in range(500))


ARCHIVES: dict[str, Callable[[], Members]] = {
    make.__name__: make
    for make in (
        deep_images,
        wide_table,
        ragged_table,
        long_cells,
        nested,
        nested_zeros,
        equal_names,
        many_classes,
        some_classes,
        many_splits,
        many_checkpoints,
        odd_names,
        deep_path,
        many_files,
        zeros,
        slow_images,
    )
}


def zipped(members: Members) -> bytes:
    """The members as a .zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, content in members:
            info = zipfile.ZipInfo("x")
            info.filename, info.compress_type = name, zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return buffer.getvalue()


class Reading(NamedTuple):
    """What came of one archive: a line of words, seconds, MB at the peak of the process that read
    it, and by how many MB the one that asked for it grew, as the dashboard's server would.
    """

    said: str
    seconds: float
    memory: float
    growth: float


def read(path: Path) -> Reading:
    """Open an archive as the page Data does."""
    start = time.monotonic()
    with peak_of_children() as peak:
        try:
            found = read_in_child(path, "train", 32, 3, 2000)
            said = f"{len(found.pixels)} images. {' '.join(found.remarks)}"
        except InputError as error:
            said = f"refused: {error}"
    return Reading(said, time.monotonic() - start, peak[0] / MB, peak[1] / MB)


@contextmanager
def peak_of_children() -> Iterator[list[int]]:
    """The most memory in bytes that any process started meanwhile has, and what this one gained."""
    peak, done, own = [0, 0], threading.Event(), psutil.Process()
    before, size = set(own.children(recursive=True)), own.memory_info().rss

    def watch() -> None:
        while not done.wait(0.01):
            peak[1] = max(peak[1], own.memory_info().rss - size)
            for child in set(own.children(recursive=True)) - before:
                try:
                    peak[0] = max(peak[0], child.memory_info().rss)
                except psutil.Error:  # it has just ended
                    continue

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        done.set()
        thread.join()


def make(name: str, path: Path) -> None:
    """Write one of `ARCHIVES`."""
    path.write_bytes(zipped(ARCHIVES[name]()))


def archives() -> list[Reading]:
    """Make and read every archive; prints a row for each."""
    readings = []
    with tempfile.TemporaryDirectory() as folder:
        for name in ARCHIVES:
            path = Path(folder, f"{name}.zip")
            # In a process of its own: memory that it took here would hide how much reading takes.
            maker = multiprocessing.get_context("spawn").Process(target=make, args=(name, path))
            maker.start()
            maker.join()
            reading = read(path)
            readings.append(reading)
            size = path.stat().st_size / 1000
            print(
                f"{name:17} {size:7,.0f} kB  {reading.seconds:5.1f} s {reading.memory:5.0f} MB "
                f"{reading.growth:+5.0f} MB  "
                f"{reading.said.replace(folder, '')[:150]}",
                flush=True,
            )
            path.unlink()
    return readings


if __name__ == "__main__":
    archives()
