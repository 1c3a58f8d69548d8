"""A folder or a .zip as one flat list of files that can be read.

Nothing is unpacked beside the archive, so no path inside a .zip can ever reach a file outside it.
Sizes are checked before anything is read: of what comes from strangers, no file, name or number of
them may fill the memory or take for ever.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from ballgen.data.decode import SUFFIXES
from ballgen.data.reading.file_names import decode_names
from ballgen.errors import InputError
from ballgen.util.paths import expand

MAX_FILE = 256 * 2**20  # bytes; a single image beyond this is no photograph of a ball
MAX_FILES = 1_500_000  # names alone of more would fill a laptop's memory
MAX_STEPS = 32  # folders inside each other
MAX_RATIO = 250  # a packed file that grows more than this, ...
MAX_RATIO_SIZE = 8 * 2**20  # ... and beyond so many bytes, holds nothing that anybody drew
# .zips inside each other, and in all: some are made never to end. Each is copied, small ones in
# memory and others to temporary files, together so many bytes.
MAX_DEPTH, MAX_ZIPS, MAX_COPIED = 5, 1000, 4 * 2**30
IN_MEMORY = 2**18  # bytes
CHECKPOINT = ("recipe.json", "model.safetensors")  # the files that tell one
COMPARISON = "comparison.png"  # what training leaves beside its checkpoints

UTF_8 = 0x800  # bit of a .zip's member whose name is in it

Reader = Callable[[], bytes]


@dataclass
class _Copied:
    """How many .zips inside others were copied, and their bytes."""

    zips: int = 0
    size: int = 0


class FileTree:
    """The files of a folder or .zip: a sorted list of posix paths, each with its reader.

    Sorted, because the order in which a file system lists a folder is no part of the data.
    Hidden files (`.DS_Store`, `__MACOSX/...`) are left out, and so are the images of checkpoints
    that were trained into the folder. Accents are written alike (NFC): macOS writes ä as a and two
    dots. `left_out` are links that were not followed, each with the reason.

    Raises `InputError` for more files than can be held.
    """

    def __init__(
        self,
        name: str,
        files: Iterable[tuple[PurePosixPath, Reader]],
        left_out: list[tuple[str, str]],
    ) -> None:
        self.name, self.left_out = name, left_out
        self._readers: dict[str, Reader] = {}
        alike: Counter[str] = Counter()
        for path, reader in files:
            if len(self._readers) == MAX_FILES:
                raise InputError(f"{name} holds more than {MAX_FILES:,} files: give a part of it")
            # cats/1.png beside the 1.png in cats.zip: the second becomes cats/1 (2).png.
            path = PurePosixPath(unicodedata.normalize("NFC", str(path)))
            first = str(path)
            while str(path) in self._readers:
                alike[first] += 1
                path = path.with_name(
                    f"{PurePosixPath(first).stem} ({alike[first] + 1}){path.suffix}"
                )
            self._readers[str(path)] = reader
        self.paths = _without_checkpoints(sorted(self._readers))

    def read(self, path: str) -> bytes:
        """The bytes of one file. Raises whatever the file system or zipfile raises."""
        return self._readers[path]()


@contextmanager
def open_tree(path: str | Path, roots: Sequence[str | Path] = ()) -> Iterator[FileTree]:
    """List a folder or a .zip for reading.

    roots  if there are any, a file that a link leads outside of them is not read

    Raises `InputError` if it is neither, or holds more than can be read.
    """
    path, links = expand(path), []
    name = str(_in_utf8(PurePosixPath(path.resolve().name or path)))
    with ExitStack() as open_zips:
        try:
            mode = path.stat().st_mode
            if stat.S_ISDIR(mode):
                roots = [os.path.realpath(root) for root in roots]
                tree = FileTree(name, _in_folder(path, roots, links), links)
            elif stat.S_ISREG(mode):
                tree = FileTree(name, _in_zip(path, str(path), open_zips, _Copied()), links)
                if not tree.paths:
                    raise InputError(f"{path} is empty: give a .zip that holds images")
            else:  # a device or a pipe may never end
                raise InputError(f"{path} is neither a folder nor a regular file: give one of them")
        except (FileNotFoundError, NotADirectoryError) as error:
            raise InputError(f"{path} does not exist: give an existing folder or .zip") from error
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
    made = {PurePosixPath(folder) for folder in set.intersection(*holding)}
    beside = {folder.parent / COMPARISON for folder in made}
    if not made:
        return paths
    pure = map(PurePosixPath, paths)
    return [str(p) for p in pure if made.isdisjoint(p.parents) and p not in beside]


def _in_utf8(path: PurePosixPath) -> PurePosixPath:
    """The path as text that can be written, whatever its bytes are in."""
    return PurePosixPath(decode_names([os.fsencode(path)])[0])


def _in_folder(
    root: Path, roots: list[str], left_out: list[tuple[str, str]]
) -> Iterator[tuple[PurePosixPath, Reader]]:
    """Each real folder is read once, under its own name where it has one below `root`."""

    def stop(error: OSError) -> None:
        raise error

    top = Path(os.path.realpath(root))
    seen = set()  # real paths of folders
    for folder, folders, names in os.walk(root, followlinks=True, onerror=stop):
        real, relative = os.path.realpath(folder), Path(folder).relative_to(root)
        reason = ""
        if not _is_below(real, roots):
            reason = "a link to another folder"
        elif relative.parts and top.is_relative_to(real):
            reason = "a link to a folder around it"
        elif os.path.islink(folder) and relative.parts and Path(real).is_relative_to(top):
            reason = f"a link to {Path(real).relative_to(top)}, which is read itself"
        elif real in seen:
            reason = "a link to a folder that is read already"
        if reason:
            left_out.append((str(_in_utf8(PurePosixPath(relative.as_posix()))), reason))
            folders.clear()
            continue
        _check_steps(root, relative.parts)
        seen.add(real)
        folders[:] = sorted(name for name in folders if not _is_hidden(name))
        for name in sorted(names):
            if not _is_hidden(name):
                file = os.path.join(folder, name)
                path = _in_utf8(PurePosixPath(relative.as_posix(), name))
                yield path, lambda file=file: _read_file(file, roots)


def _is_below(real: str, roots: list[str]) -> bool:
    return not roots or any(Path(real).is_relative_to(root) for root in roots)


def _check_steps(name: str | Path, steps: Sequence[str]) -> None:
    if len(steps) > MAX_STEPS:
        raise InputError(
            f"{name} holds folders more than {MAX_STEPS} deep: give the one with the images"
        )


def _read_file(path: str, roots: list[str]) -> bytes:
    if not os.path.isfile(path):  # reading a pipe would wait for ever
        gone = "a link to nothing" if os.path.islink(path) else "deleted meanwhile"
        raise OSError("not a regular file" if os.path.exists(path) else gone)
    if not _is_below(os.path.realpath(path), roots):
        raise OSError("a link to another folder")
    _check_size(os.path.getsize(path))
    with open(path, "rb") as file:
        return file.read(MAX_FILE)  # some of a system's own files say that they are empty


def _in_zip(
    file: Path | IO[bytes], name: str, open_zips: ExitStack, copied: _Copied, depth: int = 0
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
    members = _by_name(archive.infolist())
    for filename, info in sorted(members.items(), key=lambda one: one[0].lower().endswith(".zip")):
        # Steps upwards lead nowhere: nothing is unpacked, and the rest of the name is enough.
        steps = filename.replace("\\", "/").split("/")
        path = PurePosixPath(*(step for step in steps if step not in ("", ".", "..")))
        # The last step of a folder's name is empty.
        if not steps[-1] or not path.parts or any(map(_is_hidden, path.parts)):
            continue
        _check_steps(name, path.parts)
        if path.suffix.lower() != ".zip":
            yield path, lambda info=info: _read_member(archive, info)
            continue
        inside = f"{name}/{path}"
        copied.zips += 1
        copied.size += info.file_size
        if depth == MAX_DEPTH or copied.zips > MAX_ZIPS or copied.size > MAX_COPIED:
            raise InputError(
                f"{inside} is one .zip inside others too many ({MAX_DEPTH} deep, {MAX_ZIPS} and "
                f"{MAX_COPIED >> 30} GB in all are read): unpack them first"
            )
        copy = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the stack closes it
        open_zips.enter_context(copy)
        _copy_inner_zip(archive, info, inside, copy)
        for below, reader in _in_zip(copy, inside, open_zips, copied, depth + 1):
            yield path.with_suffix("") / below, reader


def _by_name(infos: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """The members by their names as they were typed; zipfile takes all old names for cp437."""
    old = [info.filename for info in infos if not info.flag_bits & UTF_8]
    old = [name for name in old if not name.isascii()]
    try:
        spelled = dict(zip(old, decode_names([name.encode("cp437") for name in old]), strict=True))
    except UnicodeEncodeError:  # a name in UTF-8 beside it, which zipfile takes
        spelled = {}
    return {spelled.get(info.filename, info.filename): info for info in infos}


def _copy_inner_zip(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, copy: IO[bytes]
) -> None:
    try:
        _check_ratio(info)
        with archive.open(info) as member:
            shutil.copyfileobj(member, copy)
    except (OSError, RuntimeError, zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise InputError(f"{name} cannot be unpacked ({error}): unpack it first") from error


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    _check_size(info.file_size)
    _check_ratio(info)
    return archive.read(info)


def _check_size(size: int) -> None:
    if size > MAX_FILE:
        raise OSError(f"{size / 2**20:.0f} MB, the limit is {MAX_FILE / 2**20:.0f} MB")


def _check_ratio(info: zipfile.ZipInfo) -> None:
    if info.file_size > max(MAX_RATIO_SIZE, MAX_RATIO * info.compress_size):
        raise OSError(f"{info.compress_size} bytes that become {info.file_size} hold no image")
