from __future__ import annotations

import os
import resource
import signal

import pytest

from ballgen.errors import InputError
from ballgen.saving import recover_folder, replace_folder, write_file


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
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:  # no file may grow beyond 1000 bytes: as good as a full disk
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
        with pytest.raises(InputError, match="on a disk with room"):
            write_file(path, bytes(5000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["file.bin"]
