from __future__ import annotations

import contextlib
import errno
import os
import resource
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ballgen.errors import InputError
from ballgen.util.files import STALE_S, check_file, recover_folder, replace_folder, write_file


@contextlib.contextmanager
def no_room() -> Iterator[None]:
    """No file may grow beyond 1000 bytes: as good as a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)


def test_write_file_makes_folders_and_replaces(tmp_path):
    path = tmp_path / "a" / "b" / "file.bin"
    write_file(path, b"old")
    write_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert [file.name for file in path.parent.iterdir()] == ["file.bin"]


def test_a_folder_in_the_way(tmp_path):
    (tmp_path / "file.bin").mkdir()
    with pytest.raises(InputError, match=r"file\.bin cannot be written"):
        write_file(tmp_path / "file.bin", b"new")
    assert [file.name for file in tmp_path.iterdir()] == ["file.bin"]


@pytest.mark.parametrize("name", ["", ".", "/"])
def test_a_path_without_a_file_name(name):
    with pytest.raises(InputError, match="it is a folder"):
        check_file(name)


def test_a_file_in_the_way_of_a_folder(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"cannot be written \(.*is no folder"):
        check_file(tmp_path / "file" / "more" / "x.json")
    assert check_file(tmp_path / "new" / "x.json") == tmp_path / "new" / "x.json"


def test_who_reads_between_the_two_renames_does_not_stop_the_saving(tmp_path, monkeypatch):
    folder, rename = tmp_path / "ae", os.replace
    replace_folder(folder, {"a": b"old"})

    def rename_and_read(source, target):
        rename(source, target)
        if target != folder:  # the old one was just moved aside
            monkeypatch.setattr("os.replace", rename)
            recover_folder(folder)
            assert (folder / "a").read_bytes() == b"old"

    monkeypatch.setattr("os.replace", rename_and_read)
    replace_folder(folder, {"a": b"new"})
    assert (folder / "a").read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["ae"]


def test_a_home_folder_that_nobody_has_is_told(tmp_path):
    with pytest.raises(InputError, match="~nosuch/x begins with a home folder that is not known"):
        write_file("~nosuch/x", b"")


def test_without_room_the_old_file_stays(tmp_path):
    path = tmp_path / "file.bin"
    write_file(path, b"old")
    with no_room(), pytest.raises(InputError, match="on a disk with room"):
        write_file(path, bytes(5000))
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["file.bin"]


def test_without_room_the_old_folder_stays(tmp_path):
    folder = tmp_path / "vae"
    replace_folder(folder, {"a": b"old"})
    with no_room(), pytest.raises(InputError, match="on a disk with room"):
        replace_folder(folder, {"a": bytes(500), "b": bytes(5000)})
    assert (folder / "a").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["vae"]


def test_two_threads_that_write_one_file_do_not_meet(tmp_path):
    with ThreadPoolExecutor(4) as pool:
        written = [pool.submit(write_file, tmp_path / "file", bytes(1000)) for _ in range(400)]
    assert not any(future.exception() for future in written)


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "disk").mkdir()
    file, folder = tmp_path / "file.json", tmp_path / "ae"
    file.symlink_to(tmp_path / "disk" / "file.json")
    folder.symlink_to(tmp_path / "disk" / "ae")
    for content in (b"old", b"new"):  # at first the links lead nowhere
        write_file(file, content)
        replace_folder(folder, {"a": content})
        assert (tmp_path / "disk" / "file.json").read_bytes() == content
        assert (tmp_path / "disk" / "ae" / "a").read_bytes() == content
    assert file.is_symlink() and folder.is_symlink()
    assert {path.name for path in tmp_path.rglob("*")} == {"disk", "file.json", "ae", "a"}
    (tmp_path / "disk" / "ae").rename(tmp_path / "disk" / ".ae.old")
    recover_folder(folder)
    assert (folder / "a").read_bytes() == b"new"


def test_a_pipe_is_written_to_and_stays_one(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(pipe.read_bytes)
        write_file(pipe, b"figures")
        assert read.result() == b"figures"
    assert pipe.is_fifo() and [path.name for path in tmp_path.iterdir()] == ["pipe"]


def test_strangers_in_a_folder_come_along(tmp_path):
    folder = tmp_path / "ae"
    replace_folder(folder, {"a": b"old"})
    (folder / "notes.txt").write_text("mine")
    (folder / "more").mkdir()
    (folder / "more" / "decoder.onnx").write_bytes(b"mine")
    replace_folder(folder, {"a": b"new"})
    assert (folder / "a").read_bytes() == b"new"
    assert (folder / "notes.txt").read_text() == "mine"
    assert (folder / "more" / "decoder.onnx").read_bytes() == b"mine"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_says_what_to_do(tmp_path, monkeypatch, number):
    def full(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("os.replace", full)
    told = r"x cannot be written .*: free space on its disk .* what was saved before is kept"
    for write in (
        lambda: write_file(tmp_path / "x", b"new"),
        lambda: replace_folder(tmp_path / "x", {"a": b"new"}),
    ):
        with pytest.raises(InputError, match=told):
            write()
    assert not list(tmp_path.iterdir())


def test_what_must_survive_a_power_cut_is_on_the_disk_before_and_after_it_is_renamed(
    tmp_path, monkeypatch
):
    done, sync, rename = [], os.fsync, os.replace

    def note_sync(number):
        done.append(Path(os.readlink(f"/proc/self/fd/{number}")).name.partition(".part")[0])
        sync(number)

    def note_rename(source, target):
        done.append("renamed")
        rename(source, target)

    monkeypatch.setattr("os.fsync", note_sync)
    monkeypatch.setattr("os.replace", note_rename)
    write_file(tmp_path / "plain", b"")
    assert done == ["renamed"]
    done.clear()
    write_file(tmp_path / "state", b"", durable=True)
    assert done[0].startswith(".state.") and done[1:] == ["renamed", tmp_path.name]
    done.clear()
    replace_folder(tmp_path / "ae", {"a": b"", "b": b""})
    assert done[:2] == ["a", "b"] and done[2].startswith(".ae.")
    assert done[3:] == ["renamed", tmp_path.name]


def test_what_killed_writers_left_is_swept_and_nothing_else(tmp_path):
    dead, alive = 2**22 + 1, os.getpid()  # the first is beyond the greatest pid
    old, new = time.time() - STALE_S - 60, time.time()
    kept = {".notes.part": old, f".x.{alive}-7.part": old, f".x.{dead}-7.part": new, "x.part": old}
    for name, changed in {f".y.{dead}-8.part": old, **kept}.items():
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (changed, changed))
    (tmp_path / f".ae.{dead}-a_b1.part").mkdir()
    (tmp_path / f".ae.{dead}-a_b1.part" / "a").touch()
    os.utime(tmp_path / f".ae.{dead}-a_b1.part", (old, old))
    write_file(tmp_path / "file", b"")
    assert {path.name for path in tmp_path.iterdir()} == {"file", *kept}
