from __future__ import annotations

import io
import os
from zipfile import ZipFile

import pytest

from ballgen.data.reading.file_tree import open_tree
from ballgen.errors import InputError


def test_folder_is_listed_in_order_without_hidden_files(tmp_path):
    for name in ("b/2.txt", "a/1.txt", ".DS_Store", "__MACOSX/1.txt", "a/._1.txt", ".x/y"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    with open_tree(tmp_path) as tree:
        assert tree.paths == ["a/1.txt", "b/2.txt"]
        assert tree.read("b/2.txt") == b"b/2.txt"
        assert tree.name == tmp_path.name


def test_zip_paths_stay_inside(tmp_path):
    with ZipFile(tmp_path / "z.zip", "w") as archive:
        for name in ("../../evil.png", "/etc/evil.png", "a\\b.png", "__MACOSX/._b.png", "a/", ".."):
            archive.writestr(name, b"x")
    with open_tree(tmp_path / "z.zip") as tree:
        assert tree.paths == ["a/b.png", "etc/evil.png", "evil.png"]
    assert os.listdir(tmp_path) == ["z.zip"]


def test_a_zip_inside_a_zip_is_told_and_not_unpacked(tmp_path):
    inner = io.BytesIO()
    with ZipFile(inner, "w") as archive:
        archive.writestr("1.png", b"inside")
    with ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr("data/train.zip", inner.getvalue())
        archive.writestr("2.png", b"beside")
    with open_tree(tmp_path / "z.zip") as tree:
        assert tree.paths == ["2.png", "data/train.zip"]
        assert tree.left_out == [("data/train.zip", "a .zip inside a .zip: unpack it first")]


def test_a_folder_of_a_name_in_latin_1_is_called_by_what_can_be_written(tmp_path):
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    with open_tree(folder) as tree:
        assert tree.name == "café"


def test_names_that_are_one_in_utf8_hide_nothing(tmp_path):
    for name in (b"\xe9.txt", "é.txt".encode()):
        (tmp_path / os.fsdecode(name)).write_bytes(name)
    with open_tree(tmp_path) as tree:
        assert tree.paths == ["é (2).txt", "é.txt"]
        assert {tree.read(path) for path in tree.paths} == {b"\xe9.txt", "é.txt".encode()}


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_a_file_that_was_put_in_again_the_later_one_counts(tmp_path):
    with ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr("1.png", b"old")
        archive.writestr("1.png", b"new")
    with open_tree(tmp_path / "z.zip") as tree:
        assert tree.paths == ["1.png"]
        assert tree.read("1.png") == b"new"


def test_links_are_followed_but_not_in_circles(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "1.txt").write_text("x")
    root = tmp_path / "root"
    root.mkdir()
    (root / "linked").symlink_to(tmp_path / "real")
    (root / "circle").symlink_to(root)
    with open_tree(root) as tree:
        assert tree.paths == ["linked/1.txt"]


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with open_tree(tmp_path) as tree, pytest.raises(OSError, match="regular"):
        tree.read("pipe.png")


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x03\x04 cut short"])
def test_what_is_no_zip_is_an_input_error(tmp_path, content):
    (tmp_path / "z.zip").write_bytes(content)
    with (
        pytest.raises(InputError, match=r"z\.zip is not a readable \.zip"),
        open_tree(tmp_path / "z.zip"),
    ):
        pass


def test_empty_zip_and_missing_path(tmp_path):
    with ZipFile(tmp_path / "empty.zip", "w"):
        pass
    with pytest.raises(InputError, match="is empty"), open_tree(tmp_path / "empty.zip"):
        pass
    with pytest.raises(InputError, match="does not exist"), open_tree(tmp_path / "nowhere"):
        pass


@pytest.mark.parametrize(
    ("names", "encoding"),
    [
        (["サッカー/1.png", "野球/2.png", "犬/ソ.png"], "cp932"),
        (["サッカーボール/ball_1.png", "photo 写真.png"], "cp932"),
        (["Fußball/1.png", "Bälle/é.png"], "cp1252"),
        (["Málaga/1.png", "François/2.png", "Übergröße/ö.png"], "cp1252"),
        (["Bälle/1.png", "Fußball/ü.png"], "cp437"),  # Windows' own
        (["Ángel/1.png", "ball/2.png"], "cp850"),
        (["Bälle/1.png", "サッカー/2.png"], "utf-8"),  # macOS' own, which does not say so
        (["ball/1.png"], "ascii"),
    ],
)
def test_names_in_a_zip_that_does_not_say_what_they_are_in(names, encoding, tmp_path):
    # zipfile writes UTF-8 and says so; here the bytes of a name stand in its place, of its length.
    with ZipFile(tmp_path / "z.zip", "w") as archive:
        for number, name in enumerate(names):
            length = len(name.encode(encoding))
            archive.writestr(f"{number}{'_' * (length - 1)}", name.encode())
    raw = (tmp_path / "z.zip").read_bytes()
    for number, name in enumerate(names):
        typed = name.encode(encoding)
        raw = raw.replace(f"{number}{'_' * (len(typed) - 1)}".encode(), typed)
    (tmp_path / "z.zip").write_bytes(raw)
    with open_tree(tmp_path / "z.zip") as tree:
        assert {path: tree.read(path).decode() for path in tree.paths} == {n: n for n in names}


def test_accents_that_are_written_in_two_ways_are_one_folder(tmp_path):
    for folder in ("Ba\u0308lle", "B\u00e4lle"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "1.txt").write_text(folder)
    with open_tree(tmp_path) as tree:
        assert tree.paths == ["B\u00e4lle/1 (2).txt", "B\u00e4lle/1.txt"]
        assert {tree.read(path).decode() for path in tree.paths} == {"Ba\u0308lle", "B\u00e4lle"}


@pytest.mark.parametrize(
    ("link", "target", "paths", "told"),
    [
        ("root/a", "root/real", ["real/1.txt"], "a link to a folder that is read anyway"),
        ("root/z", "root/real", ["real/1.txt"], "a link to a folder that is read anyway"),
        ("root/a", "root", ["real/1.txt"], "a link to a folder that is read anyway"),
        ("root/real/up", ".", ["real/1.txt"], "a link to a folder that is read anyway"),
        ("root/a", "out", ["a/2.txt", "real/1.txt"], ""),
        ("root/real/3.txt", "out/2.txt", ["real/1.txt", "real/3.txt"], ""),
    ],
)
def test_links_inside_outside_and_in_circles(link, target, paths, told, tmp_path):
    for path in ("root/real/1.txt", "out/2.txt"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("x")
    (tmp_path / "out" / "back").symlink_to(tmp_path / "root")
    (tmp_path / link).symlink_to(tmp_path / target)
    with open_tree(tmp_path / "root") as tree:
        assert tree.paths == paths
        reasons = [reason for path, reason in tree.left_out if path != "a/back"]
        assert reasons == [told] * bool(told)


def test_a_link_to_nothing_is_told(tmp_path):
    (tmp_path / "1.png").symlink_to(tmp_path / "nothing")
    with open_tree(tmp_path) as tree, pytest.raises(OSError, match="a link to nothing"):
        tree.read("1.png")
