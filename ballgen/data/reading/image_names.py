"""Finds an image by the name that a table gives it."""

import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

from ballgen.data.decode import SUFFIXES

ZEROS = re.compile(
    r"(^|/)0+(?=\d+(\.[a-z]\w*)?$)"
)  # of 00012.png, which a spreadsheet calls 12 ...
FRACTION = re.compile(r"(?<=\d)\.0+$")  # ... and pandas 12.0


class ImageNames:
    """Finds an image with or without folder, extension or leading zeros."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths: dict[str, str] = {}
        self._alike: dict[str, set[str]] = {}
        pure = [PurePosixPath(path) for path in sorted(paths)]
        # Full names first: "ball.1" must not be taken for the stem of "ball.1.png" if it exists.
        for key in (str, lambda p: str(p.with_suffix("")), lambda p: p.name, lambda p: p.stem):
            for path in pure:
                self._paths.setdefault(key(path), str(path))
                self._alike.setdefault(_plain(key(path)), set()).add(str(path))

    def find(self, name: str) -> str | None:
        """The path of the image, or None."""
        if found := self._found(_posix(name)):
            return found
        path = PurePosixPath(_posix(name))
        found = self._found(path.name)
        if found or path.suffix.lower() not in SUFFIXES or _plain(path.name) in self._alike:
            return found
        return self._found(path.stem)  # the table says a.jpeg, the file is a.png

    def find_all(self, names: Iterable[str]) -> list[str | None]:
        """The path of each name, or None.

        A name with a folder means no other folder's image that has a name of its own.
        """
        names = list(names)
        here = [self._found(_posix(name)) for name in names]
        taken = set(here)
        return [
            own or (None if (path := self.find(name)) in taken else path)
            for name, own in zip(names, here, strict=True)
        ]

    def _found(self, name: str) -> str | None:
        """By its exact name, else by one that is written alike."""
        if found := self._paths.get(name):
            return found
        alike = self._alike.get(_plain(name), ())
        return next(iter(alike)) if len(alike) == 1 else None


def _plain(name: str) -> str:
    """Windows knows no case, macOS writes ä as a and two dots, and spreadsheets want numbers."""
    name = unicodedata.normalize("NFC", name).casefold()
    return ZEROS.sub(r"\1", FRACTION.sub("", name))


def _posix(name: str) -> str:
    return name.replace("\\", "/").removeprefix("./")
