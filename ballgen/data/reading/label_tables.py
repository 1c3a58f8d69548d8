"""The small text files beside images: labels.csv, classes.txt and factors.csv."""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

import numpy as np

from ballgen.errors import InputError

FILE_COLUMN = re.compile(r"id|name|path|(file|image|img|picture)[ _]?(id|name|path)?s?")
# What a column of labels is called, the likeliest first; several objects have numbers behind it.
LABEL_WORDS = ("label", "class", "category", "target", "kind", "species", "type", "object")
LABEL_COLUMN = re.compile(rf"(?:true[ _])?({'|'.join(LABEL_WORDS)})[ _]?(name|id)?s?[ _]?\d*")
# Columns that are no classes, where a header calls none of them a label.
OTHER_COLUMN = re.compile(r"|index|idx|no|nr|number|width|height|size|url|source|licen[cs]e|x|y")
# What folders, and cells of a column, call the splits.
SPLIT_WORDS = {"train": "train training", "test": "test testing", "valid": "valid validation val"}
SPLIT_NAMES = {word: split for split, words in SPLIT_WORDS.items() for word in words.split()}
WHOLE_NUMBER = re.compile(r"(-?\d{1,18})(\.0*)?")  # "2.0" is what pandas makes of 2
DELIMITERS = ",;\t"
MAX_TABLE = 32 * 2**20  # bytes; CelebA's 40 attributes of 200,000 images are 25 MB
MAX_CELLS = 10_000_000
MAX_FACTOR = 3.4e38  # that a float32 holds

Column = tuple[str, ...]


class ImageNames:
    """Finds an image by the name that a table gives it: with or without folder or extension."""

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
        return self._found(_posix(name)) or self._found(PurePosixPath(_posix(name)).name)

    def find_all(self, names: Iterable[str]) -> list[str | None]:
        """The path of each name, or None.

        A name with a folder means no other folder's image that has a name of its own.
        """
        names = list(names)
        here = [self._found(_posix(name)) for name in names]
        anywhere = [self.find(name) for name in names]
        return [own or (None if p in here else p) for own, p in zip(here, anywhere, strict=True)]

    def _found(self, name: str) -> str | None:
        """By its exact name, else by one that differs in case or in how accents are written."""
        alike = self._alike.get(_plain(name), ())
        return self._paths.get(name) or (next(iter(alike)) if len(alike) == 1 else None)


def _plain(name: str) -> str:
    """Windows knows no case, and macOS writes ä as a and two dots."""
    return unicodedata.normalize("NFC", name).casefold()


def _posix(name: str) -> str:
    return name.replace("\\", "/").removeprefix("./")


def _decode_text(data: bytes, where: str) -> str:
    """Raises `InputError` for more than can be held."""
    if len(data) > MAX_TABLE:
        raise InputError(
            f"{where} has {len(data) >> 20} MB, at most {MAX_TABLE >> 20} are read: shorten it"
        )
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # "Unicode text" of Excel
        return data.decode("utf-16", errors="replace")
    if b"\0" in data[:2]:  # the same without its mark
        return data.decode("utf-16-be" if data[:1] == b"\0" else "utf-16-le", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _read_rows(data: bytes, where: str) -> list[list[str]]:
    """The rows that hold anything, in any encoding, with any delimiter and any end of line."""
    text = _decode_text(data, where)
    first, *others = text.strip().splitlines() or [""]
    marks = [mark for mark in DELIMITERS if mark in first]
    everywhere = [mark for mark in marks if all(mark in line for line in others if line.strip())]
    delimiter = next(iter([*everywhere, *marks]), ",")
    rows: list[list[str]] = []
    spelled: dict[str, str] = {}  # each text is kept once, however many cells hold it
    width = 1
    try:
        # newline=None: old Macintoshes wrote CR alone, and Excel still can.
        for row in csv.reader(io.StringIO(text, newline=None), delimiter=delimiter):
            cells = [spelled.setdefault(cell, cell) for cell in map(str.strip, row)]
            width = max(width, len(cells))
            if (len(rows) + 1) * width > MAX_CELLS:
                raise InputError(f"{where} has more than {MAX_CELLS:,} cells: shorten it")
            if any(cells):
                rows.append(cells)
    except csv.Error as error:
        raise InputError(f"{where} is not a table ({error}): write it as CSV text") from error
    return rows


def _has_header(file: Column, others: list[Column], names: ImageNames) -> bool:
    if names.find(file[0]):
        return False
    if FILE_COLUMN.fullmatch(file[0].lower()):
        return True
    # The row of a missing image has labels that occur again below; a header's words do not.
    below = {cell for column in others for cell in column[1:]} - {""}
    return bool(others) and below.isdisjoint(column[0] for column in others)


def _file_column(columns: list[Column], names: ImageNames) -> int:
    """The column that names the images.

    One that the header calls so, before one that names the most images (an index may name as many
    by chance), before one with extensions, before the first.
    """

    def fitness(index: int) -> tuple[bool, int, int]:
        cells = set(columns[index])
        count = len({names.find(cell) for cell in cells} - {None})
        called_so = FILE_COLUMN.fullmatch(columns[index][0].lower()) is not None
        return count > 0 and called_so, count, sum(bool(PurePosixPath(c).suffix) for c in cells)

    return max(range(len(columns)), key=fitness)


def _label_columns(header: list[str], columns: list[Column]) -> list[Column]:
    """The columns that hold an object's class.

    Where a header calls some so ("label", "class_1"), only those of the likeliest name are. Where
    it calls none so, a column of words goes before all of numbers; with it go those that share
    classes with it.
    """
    ranks = {
        index: (LABEL_WORDS.index(match[1]), match[2] == "id", match[2] or "")
        for index, name in enumerate(header)
        if (match := LABEL_COLUMN.fullmatch(name.lower()))
    }
    if ranks:
        best = min(ranks.values())
        return [columns[index] for index, rank in ranks.items() if rank == best]
    if not header or len(columns) < 2:
        return columns
    likely = [
        column
        for name, column in zip(header, columns, strict=True)
        if not OTHER_COLUMN.fullmatch(name.lower())
        and not {cell.lower() for cell in column} - {""} <= SPLIT_NAMES.keys()
    ]
    words = [c for c in likely if not all(map(WHOLE_NUMBER.fullmatch, filter(None, c)))]
    if not words:
        return likely or columns
    first = max(words, key=lambda column: 1 < len({*column} - {""}) < len(column))
    return [column for column in words if column is first or {*column} & {*first} - {""}]


def _from_one_hot(header: list[str], columns: list[Column]) -> Column | None:
    """Each row's class where every class has a column of 0 and 1, its name above; else None."""
    named = {name: column for name, column in zip(header, columns, strict=True) if name}
    if len(named) < 2 or any(LABEL_COLUMN.fullmatch(name.lower()) for name in named):
        return None
    marks = np.array(
        [
            [int(number[1]) if (number := WHOLE_NUMBER.fullmatch(cell)) else -1 for cell in column]
            for column in named.values()
        ]
    )
    one_hot = ((marks == 0) | (marks == 1)).all() and (marks.sum(0) == 1).all()
    return tuple(np.array(list(named))[marks.argmax(0)].tolist()) if one_hot else None


def read_labels(
    data: bytes, where: str, names: ImageNames, classes: Sequence[str] = ()
) -> list[tuple[str, tuple[str, ...]]]:
    """labels.csv -> (name of the image, class name of each object), in the table's order.

    One column names the image, every other one an object's class; "" stands for no object. Where a
    header names columns of labels, or tells them from others, the rest is of no concern. A column
    per class, of 0 and a single 1, is understood as well. With `classes` (of classes.txt), whole
    numbers are indices into it.

    Raises `InputError` for no table, an empty or too large one, or a number beyond `classes`.
    """
    rows = _read_rows(data, where)
    width = max(map(len, rows), default=1)
    columns = list(zip(*(row + [""] * (width - len(row)) for row in rows), strict=True))
    header: list[str] = []
    if rows:
        file = columns.pop(_file_column(columns, names))
        if _has_header(file, columns, names):
            header = [column[0] for column in columns]
            file, columns = file[1:], [column[1:] for column in columns]
    if not rows or not file:
        raise InputError(f"{where} lists no images: delete it, or write one line per image")
    if header and (marked := _from_one_hot(header, columns)):
        columns = [marked]
    else:
        columns = _label_columns(header, columns)
        spelled = _class_names({cell for column in columns for cell in column}, classes, where)
        columns = [[spelled[cell] for cell in column] for column in columns]
    labels = list(zip(*columns, strict=True)) or [()] * len(file)
    return list(zip(file, labels, strict=True))


def _class_names(cells: set[str], classes: Sequence[str], where: str) -> dict[str, str]:
    """What each cell stands for: numbers are spelled alike, or are indices into `classes`."""
    numbers = {cell: WHOLE_NUMBER.fullmatch(cell) for cell in cells if cell}
    if not all(numbers.values()):
        return {cell: cell for cell in cells}
    indices = {cell: int(number[1]) for cell, number in numbers.items()}
    if beyond := [
        index for index in indices.values() if classes and index not in range(len(classes))
    ]:
        raise InputError(
            f"{where} holds the label {min(beyond)}, but classes.txt names only {len(classes)} "
            "classes: add the missing names, or delete classes.txt"
        )
    spelled = {cell: classes[i] if classes else str(i) for cell, i in indices.items()}
    return spelled | {"": ""}


def read_classes(data: bytes, where: str) -> tuple[str, ...]:
    """classes.txt -> one class name per line, in the order of the labels.

    Raises `InputError` for too large a file.
    """
    lines = map(str.strip, _decode_text(data, where).splitlines())
    return tuple(line for line in lines if line)


def read_factors(
    data: bytes, where: str, names: ImageNames
) -> tuple[tuple[str, ...], dict[str, tuple[float, ...]]]:
    """factors.csv -> the factors' names with their units, and their values by image path.

    Raises `InputError` for a missing header, a cell that is no finite number, or a ragged row.
    """
    rows = _read_rows(data, where)
    if not rows or len(rows[0]) < 2:
        raise InputError(
            f"{where} has no header such as file,x px,y px: add it, or delete the file"
        )
    factors = {}
    for number, row in enumerate(rows[1:], start=2):
        try:
            values = tuple(map(float, row[1:]))
        except ValueError as error:
            raise InputError(f"{where}, row {number}: {error}: correct it") from error
        if not all(abs(value) <= MAX_FACTOR for value in values):  # nor is "nan"
            raise InputError(f"{where}, row {number} holds a number that is not finite: correct it")
        if len(row) != len(rows[0]):
            raise InputError(f"{where}, row {number} has {len(row)} cells, not {len(rows[0])}")
        if path := names.find(row[0]):
            factors[path] = values
    return tuple(rows[0][1:]), factors


def sort_classes(names: Iterable[str]) -> list[str]:
    """Class names in alphabetical order, or in numerical order if all are whole numbers."""
    names = set(names)
    numeric = all(re.fullmatch(r"-?\d+", name) for name in names)
    return sorted(names, key=(lambda name: (int(name), name)) if numeric else None)
