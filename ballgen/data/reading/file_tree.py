"""A folder or a .zip as one flat list of files that can be read.

Nothing is unpacked beside the archive, so no path inside a .zip can ever reach a file outside it.
Sizes are checked before anything is read: of what comes from strangers, no file, name or number of
them may fill the memory or take for ever.
"""

import os
import re
import stat
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import pairwise
from pathlib import Path, PurePosixPath

from ballgen.data.decode import SUFFIXES
from ballgen.errors import InputError
from ballgen.util.paths import expand

MAX_FILE = 256 * 2**20  # bytes; a single image beyond this is no photograph of a ball
MAX_FILES = 1_500_000  # names alone of more would fill a laptop's memory
MAX_STEPS = 32  # folders inside each other
MAX_RATIO = 250  # a packed file that grows more than this, ...
MAX_RATIO_SIZE = 8 * 2**20  # ... and beyond so many bytes, holds nothing that anybody drew
CHECKPOINT = ("recipe.json", "model.safetensors")  # the files that tell one
COMPARISON = "comparison.png"  # what training leaves beside its checkpoints
UTF_8 = 0x800  # bit of a .zip's member whose name is in it
# Of Japan's Windows, of DOS (a .zip's default), of Windows in the west, of DOS in Western Europe.
ENCODINGS = ("cp932", "cp437", "cp1252", "cp850", "latin-1")
EASTERN = ("HIRAGANA", "KATAKANA", "CJK UNIFIED", "FULLWIDTH", "IDEOGRAPHIC")

Reader = Callable[[], bytes]
LeftOut = list[tuple[str, str]]  # paths with reasons


class FileTree:
    """The files of a folder or .zip: a sorted list of posix paths, each with its reader.

    Sorted, because the order in which a file system lists a folder is no part of the data. Hidden
    files (`.DS_Store`, `__MACOSX/...`) are left out, and so are the images of checkpoints that were
    trained into the folder. Accents are written alike (NFC): macOS writes ä as a and two dots.
    `left_out` is what was passed over. Raises `InputError` for more files than can be held.
    """

    def __init__(
        self, name: str, files: Iterable[tuple[PurePosixPath, Reader]], left_out: LeftOut
    ) -> None:
        self.name, self.left_out = name, left_out
        self._readers: dict[str, Reader] = {}
        alike: Counter[str] = Counter()
        for path, reader in files:
            if len(self._readers) == MAX_FILES:
                raise InputError(f"{name} holds more than {MAX_FILES:,} files: give a part of it")
            # Two names that are one in NFC: the second becomes cats/1 (2).png.
            path = first = PurePosixPath(unicodedata.normalize("NFC", str(path)))
            while str(path) in self._readers:
                alike[str(first)] += 1
                path = first.with_name(f"{first.stem} ({alike[str(first)] + 1}){first.suffix}")
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
    path, left_out = expand(path), []
    name = str(_in_utf8(PurePosixPath(path.resolve().name or path)))
    with ExitStack() as opened:
        try:
            mode = path.stat().st_mode
            if stat.S_ISDIR(mode):
                files = _in_folder(path, [os.path.realpath(root) for root in roots], left_out)
            elif stat.S_ISREG(mode):
                archive = opened.enter_context(zipfile.ZipFile(path))
                files = _in_zip(archive, path, left_out)
            else:  # a device or a pipe may never end
                raise InputError(f"{path} is neither a folder nor a regular file: give one of them")
            tree = FileTree(name, files, left_out)
            if not tree.paths and stat.S_ISREG(mode):
                raise InputError(f"{path} is empty: give a .zip that holds images")
        except InputError:
            raise
        except (FileNotFoundError, NotADirectoryError) as error:
            raise InputError(f"{path} does not exist: give an existing folder or .zip") from error
        except OSError as error:
            reason = error.strerror or error
            raise InputError(f"{path} cannot be read ({reason}): check its permissions") from error
        except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError) as error:
            what = f"is not a readable .zip ({error}): give a folder or a complete .zip"
            if path.suffix.lower() in SUFFIXES:
                what = "is a single image: give the folder that holds it and others"
            raise InputError(f"{path} {what}") from error
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
    if not made:
        return paths
    beside = {folder.parent / COMPARISON for folder in made}
    pure = map(PurePosixPath, paths)
    return [str(p) for p in pure if made.isdisjoint(p.parents) and p not in beside]


def _in_folder(
    root: Path, roots: list[str], left_out: LeftOut
) -> Iterator[tuple[PurePosixPath, Reader]]:
    """Each real folder is read once, under its own name where it has one below `root`."""

    def stop(error: OSError) -> None:
        raise error

    top = Path(os.path.realpath(root))
    seen = set()  # real paths of folders
    for folder, folders, names in os.walk(root, followlinks=True, onerror=stop):
        real, relative = Path(os.path.realpath(folder)), Path(folder).relative_to(root)
        is_link = relative.parts and (os.path.islink(folder) or real in seen)
        reason = "" if _is_below(real, roots) else "a link to another folder"
        if is_link and (real in seen or real.is_relative_to(top) or top.is_relative_to(real)):
            reason = reason or "a link to a folder that is read anyway"
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


def _is_below(real: str | Path, roots: list[str]) -> bool:
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
    archive: zipfile.ZipFile, name: Path, left_out: LeftOut
) -> Iterator[tuple[PurePosixPath, Reader]]:
    # Of a file that was put in again, the later one counts.
    for filename, info in _by_name(archive.infolist()).items():
        # Steps upwards lead nowhere: nothing is unpacked, and the rest of the name is enough.
        steps = filename.replace("\\", "/").split("/")
        path = PurePosixPath(*(step for step in steps if step not in ("", ".", "..")))
        # The last step of a folder's name is empty.
        if not steps[-1] or not path.parts or any(map(_is_hidden, path.parts)):
            continue
        _check_steps(name, path.parts)
        if path.suffix.lower() == ".zip":  # some are made never to end
            left_out.append((str(path), "a .zip inside a .zip: unpack it first"))
        yield path, lambda info=info: _read_member(archive, info)


def _by_name(infos: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """The members by their names as they were typed; zipfile takes all old names for cp437."""
    old = [info.filename for info in infos if not info.flag_bits & UTF_8]
    old = [name for name in old if not name.isascii()]
    spelled = {}
    with suppress(UnicodeEncodeError):  # a name in UTF-8 beside it, which zipfile takes
        spelled = dict(zip(old, _decode_names([name.encode("cp437") for name in old]), strict=True))
    return {spelled.get(info.filename, info.filename): info for info in infos}


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    _check_size(info.file_size)
    if info.file_size > max(MAX_RATIO_SIZE, MAX_RATIO * info.compress_size):
        raise OSError(f"{info.compress_size} bytes that become {info.file_size} hold no image")
    return archive.read(info)


def _check_size(size: int) -> None:
    if size > MAX_FILE:
        raise OSError(f"{size / 2**20:.0f} MB, the limit is {MAX_FILE / 2**20:.0f} MB")


# --- names that are not in UTF-8 -----------------------------------------------------------------


def _in_utf8(path: PurePosixPath) -> PurePosixPath:
    """The path as text that can be written, whatever its bytes are in."""
    return PurePosixPath(_decode_names([os.fsencode(path)])[0])


def _decode_names(names: Sequence[bytes]) -> list[str]:
    """The names of one folder or archive, in the encoding in which they look least strange."""
    with suppress(UnicodeDecodeError):
        return [name.decode() for name in names]
    candidates = []
    for encoding in ENCODINGS:
        with suppress(UnicodeDecodeError):
            candidates.append([name.decode(encoding) for name in names])
    return min(candidates, key=lambda texts: sum(map(_strangeness, texts)))


def _strangeness(name: str) -> int:
    """How many of its signs are neither a Latin letter nor, outside of Latin words, Japanese."""
    strange = 0
    for before, signs in pairwise(["", *re.split(r"([^\0-\x7f]+)", name)]):
        for sign in "" if signs.isascii() else signs:
            called = unicodedata.name(sign, "")
            eastern = called.startswith(EASTERN) and (len(signs) > 1 or not before[-1:].isalpha())
            strange += not (eastern or called.startswith("LATIN"))
    return strange
