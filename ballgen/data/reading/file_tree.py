"""A folder or a .zip as one flat list of files that can be read.

Everything is read in memory and nothing is unpacked, so no path inside a .zip can ever reach a
file outside it.
"""

from __future__ import annotations

import io
import itertools
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath

from ballgen.data.decode import SUFFIXES
from ballgen.errors import InputError
from ballgen.util.paths import expand

MAX_FILE = 512 * 2**20  # bytes; a single image beyond this is no photograph of a ball
MAX_INNER_ZIP = 4 * 2**30  # bytes; a .zip inside a .zip is held in memory
MAX_DEPTH, MAX_ZIPS = 5, 1000  # .zips inside each other, and in all: some are made never to end
CHECKPOINT = ("recipe.json", "model.safetensors")  # the files that tell one
COMPARISON = "comparison.png"  # what training leaves beside its checkpoints

Reader = Callable[[], bytes]


class FileTree:
    """The files of a folder or .zip: a sorted list of posix paths, each with its reader.

    Sorted, because the order in which a file system lists a folder is no part of the data.
    Hidden files (`.DS_Store`, `__MACOSX/...`) are left out, and so are the images of checkpoints
    that were trained into the folder.
    """

    def __init__(self, name: str, files: Iterable[tuple[PurePosixPath, Reader]]) -> None:
        self.name = name
        self._readers: dict[str, Reader] = {}
        for path, reader in files:
            # cats/1.png beside the 1.png in cats.zip: the second becomes cats/1 (2).png.
            stem, number = path.stem, 1
            while str(path) in self._readers:
                number += 1
                path = path.with_name(f"{stem} ({number}){path.suffix}")
            self._readers[str(path)] = reader
        self.paths = _without_checkpoints(sorted(self._readers))

    def read(self, path: str) -> bytes:
        """The bytes of one file. Raises whatever the file system or zipfile raises."""
        return self._readers[path]()


@contextmanager
def open_tree(path: str | Path) -> Iterator[FileTree]:
    """List a folder or a .zip for reading. Raises `InputError` if it is neither."""
    path = expand(path)
    name = str(_in_utf8(PurePosixPath(path.resolve().name or path)))
    with ExitStack() as open_zips:
        try:
            if path.is_dir():
                tree = FileTree(name, _in_folder(path))
            elif path.exists():
                tree = FileTree(name, _in_zip(path, str(path), open_zips, itertools.count(1)))
                if not tree.paths:
                    raise InputError(f"{path} is empty: give a .zip that holds images")
            else:
                raise InputError(f"{path} does not exist: give an existing folder or .zip")
        except OSError as error:
            raise InputError(
                f"{path} cannot be read ({error.strerror or error}): check its permissions"
            ) from error
        yield tree


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"


def _without_checkpoints(paths: list[str]) -> list[str]:
    """All but the checkpoints below the top: a folder that is one itself was asked for."""
    holding = [
        {path.removesuffix(f"/{name}") for path in paths if path.endswith(f"/{name}")}
        for name in CHECKPOINT
    ]
    made = set.intersection(*holding)
    inside = tuple(f"{folder}/" for folder in made)
    beside = {str(PurePosixPath(folder).parent / COMPARISON) for folder in made}
    return [path for path in paths if not path.startswith(inside) and path not in beside]


def _in_utf8(path: PurePosixPath) -> PurePosixPath:
    """The path as text that can be written: names out of an old Windows .zip are in latin-1."""
    try:
        return PurePosixPath(os.fsencode(path).decode())
    except UnicodeDecodeError:
        return PurePosixPath(os.fsencode(path).decode("latin-1"))


def _in_folder(root: Path) -> Iterator[tuple[PurePosixPath, Reader]]:
    def stop(error: OSError) -> None:
        raise error

    seen = set()  # real paths of folders: links may point back up
    for folder, folders, names in os.walk(root, followlinks=True, onerror=stop):
        if (real := os.path.realpath(folder)) in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not _is_hidden(name))
        relative = PurePosixPath(Path(folder).relative_to(root).as_posix())
        for name in sorted(names):
            if not _is_hidden(name):
                file = os.path.join(folder, name)
                yield _in_utf8(relative / name), lambda file=file: _read_file(file)


def _read_file(path: str) -> bytes:
    if not os.path.isfile(path):  # reading a pipe would wait for ever
        raise OSError("not a regular file")
    _check_size(os.path.getsize(path))
    return Path(path).read_bytes()


def _in_zip(
    file: Path | io.BytesIO, name: str, open_zips: ExitStack, count: Iterator[int], depth: int = 0
) -> Iterator[tuple[PurePosixPath, Reader]]:
    """Its files, and those of the .zips inside it, of which each is a folder."""
    try:
        archive = open_zips.enter_context(zipfile.ZipFile(file))
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError) as error:
        if PurePosixPath(name).suffix.lower() in SUFFIXES:
            raise InputError(
                f"{name} is a single image: give the folder that holds it and others"
            ) from error
        raise InputError(
            f"{name} is not a readable .zip ({error}): give a folder or a complete .zip"
        ) from error
    # Of a file that was put in again, the later one counts. Inner .zips come last, so that what
    # lies beside them keeps its name.
    members = {info.filename: info for info in archive.infolist()}.values()
    for info in sorted(members, key=lambda info: info.filename.lower().endswith(".zip")):
        # Steps upwards lead nowhere: nothing is unpacked, and the rest of the name is enough.
        steps = info.filename.replace("\\", "/").split("/")
        path = PurePosixPath(*(step for step in steps if step not in ("", ".", "..")))
        if info.is_dir() or not path.parts or any(map(_is_hidden, path.parts)):
            continue
        if path.suffix.lower() != ".zip":
            yield path, lambda info=info: _read_member(archive, info)
            continue
        inside = f"{name}/{path}"
        if depth == MAX_DEPTH or next(count) > MAX_ZIPS:
            raise InputError(
                f"{inside} is one .zip inside others too many ({MAX_DEPTH} deep and "
                f"{MAX_ZIPS} in all are read): unpack them first"
            )
        inner = io.BytesIO(_read_inner_zip(archive, info, inside))
        for below, reader in _in_zip(inner, inside, open_zips, count, depth + 1):
            yield path.with_suffix("") / below, reader


def _read_inner_zip(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> bytes:
    if info.file_size > MAX_INNER_ZIP:
        raise InputError(f"{name} is too large to be read inside another .zip: unpack it first")
    try:
        return archive.read(info)
    except (RuntimeError, zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise InputError(f"{name} cannot be unpacked ({error}): unpack it first") from error


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    _check_size(info.file_size)
    return archive.read(info)


def _check_size(size: int) -> None:
    if size > MAX_FILE:
        raise OSError(f"{size / 2**20:.0f} MB, the limit is {MAX_FILE / 2**20:.0f} MB")
