"""The small text files beside pictures: labels.csv, classes.txt and factors.csv."""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from ballgen.errors import InputError

FILE_COLUMN = re.compile(r"id|name|path|(file|image|img|picture)[ _]?(id|name|path)?s?")
# What a column of labels is called, the likeliest first; several objects have numbers behind it.
LABEL_WORDS = ("label", "class", "category", "target", "kind", "species", "type", "object")
LABEL_COLUMN = re.compile(rf"(?:true[ _])?({'|'.join(LABEL_WORDS)})[ _]?(name|id)?s?[ _]?\d*")
# Columns that are no classes, where a header calls none of them a label.
OTHER_COLUMN = re.compile(r"|index|idx|no|nr|number|width|height|size|url|source|licen[cs]e|x|y")
# What folders, and cells of a column, call the splits.
SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "test": "test",
    "testing": "test",
    "valid": "valid",
    "validation": "valid",
    "val": "valid",
}
WHOLE_NUMBER = re.compile(r"(-?\d{1,18})(\.0*)?")  # "2.0" is what pandas makes of 2
DELIMITERS = ",;\t"
LARGEST = 3.4e38  # that a float32 holds


class PictureNames:
    """Finds a picture by the name that a table gives it: with or without folder or extension."""

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
        """The path of the picture, or None."""
        return self.find_here(name) or self._found(PurePosixPath(_posix(name)).name)

    def find_here(self, name: str) -> str | None:
        """Like `find`, but a name with a folder is of that folder's picture alone."""
        return self._found(_posix(name))

    def _found(self, name: str) -> str | None:
        """By its exact name, else by one that differs in case or in how accents are written."""
        if exact := self._paths.get(name):
            return exact
        alike = self._alike.get(_plain(name), set())
        return next(iter(alike)) if len(alike) == 1 else None


def _plain(name: str) -> str:
    """Windows knows no case, and macOS writes ä as a and two dots."""
    return unicodedata.normalize("NFC", name).casefold()


def _posix(name: str) -> str:
    return name.replace("\\", "/").removeprefix("./")


def _decode_text(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # "Unicode text" of Excel
        return data.decode("utf-16", errors="replace")
    if b"\0" in data[:2]:  # the same without its mark
        return data.decode("utf-16-be" if data[:1] == b"\0" else "utf-16-le", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _read_rows(data: bytes, where: str) -> list[list[str]]:
    text = _decode_text(data)
    first, *others = text.strip().splitlines() or [""]
    marks = [mark for mark in DELIMITERS if mark in first]
    everywhere = [mark for mark in marks if all(mark in line for line in others if line.strip())]
    delimiter = next(iter([*everywhere, *marks]), ",")
    try:
        # Any end of line is one: old Macintoshes wrote CR alone, and Excel still can.
        rows = list(csv.reader(io.StringIO(text, newline=None), delimiter=delimiter))
    except csv.Error as error:
        raise InputError(f"{where} is not a table ({error}): write it as CSV text") from error
    rows = [[cell.strip() for cell in row] for row in rows]
    return [row for row in rows if any(row)]


def _is_header(rows: Sequence[Sequence[str]], file: int, names: PictureNames) -> bool:
    first, below = rows[0], rows[1:]
    if names.find(_cell(first, file)):
        return False
    if FILE_COLUMN.fullmatch(_cell(first, file).lower()):
        return True
    # The row of a missing picture has labels that occur again below; a header's words do not.
    others = {cell for row in below for column, cell in enumerate(row) if column != file}
    return len(first) > 1 and not {*first[:file], *first[file + 1 :]} & others


def _cell(row: Sequence[str], column: int) -> str:
    return row[column] if column < len(row) else ""


def _file_column(rows: Sequence[Sequence[str]], names: PictureNames) -> int:
    """The column that names the pictures.

    One that the header calls so, before one that names the most pictures (an index may name as many
    by chance), before one with extensions, before the first.
    """

    def fitness(column: int) -> tuple[bool, int, int]:
        cells = {_cell(row, column) for row in rows}
        count = len({names.find(cell) for cell in cells} - {None})
        called_so = FILE_COLUMN.fullmatch(_cell(rows[0], column).lower()) is not None
        return count > 0 and called_so, count, sum(bool(PurePosixPath(c).suffix) for c in cells)

    return max(range(max(map(len, rows))), key=fitness)


def _label_columns(
    header: Sequence[str], rows: Sequence[Sequence[str]], file: int, count: int
) -> list[int]:
    """The columns that hold an object's class, of `count`: all but the pictures' names.

    Where a header calls some so ("label", "class_1"), only those of the likeliest name are. Where
    it calls none so, a column of words goes before all of numbers; with it go those that share
    classes with it.
    """
    others = [column for column in range(count) if column != file]
    found = {
        column: (LABEL_WORDS.index(match[1]), match[2] == "id", match[2] or "")
        for column in others
        if (match := LABEL_COLUMN.fullmatch(_cell(header, column).lower()))
    }
    if found:
        return [column for column in others if found.get(column) == min(found.values())]
    if not header or len(others) < 2:
        return others
    values = {column: {_cell(row, column) for row in rows} - {""} for column in others}
    likely = [
        column
        for column in others
        if not OTHER_COLUMN.fullmatch(_cell(header, column).lower())
        and not {value.lower() for value in values[column]} <= SPLIT_NAMES.keys()
    ]
    words = [c for c in likely if not all(map(WHOLE_NUMBER.fullmatch, values[c]))]
    if not words:
        return likely or others
    first = max(words, key=lambda column: 1 < len(values[column]) < len(rows))
    return [column for column in words if column == first or values[column] & values[first]]


def _from_indicators(
    header: Sequence[str], rows: Sequence[Sequence[str]], file: int
) -> list[tuple[str, ...]] | None:
    """Each row's class where every class has a column of 0 and 1, its name above; else None."""
    columns = [column for column in range(len(header)) if column != file and header[column]]
    if len(columns) < 2 or any(LABEL_COLUMN.fullmatch(header[c].lower()) for c in columns):
        return None
    classes = []
    for row in rows:
        marks = [WHOLE_NUMBER.fullmatch(_cell(row, column)) for column in columns]
        numbers = [int(mark[1]) if mark else -1 for mark in marks]
        if sorted(numbers) != [0] * (len(columns) - 1) + [1]:
            return None
        classes.append((header[columns[numbers.index(1)]],))
    return classes


def read_labels(
    data: bytes, where: str, names: PictureNames, classes: Sequence[str] = ()
) -> list[tuple[str, tuple[str, ...]]]:
    """labels.csv -> (name of the picture, class name of each object), in the table's order.

    One column names the picture, every other one an object's class; "" stands for no object.
    Where a header names columns of labels, or tells them from others, the rest is of no concern.
    A column per class, of 0 and a single 1, is understood as well. With `classes` (of classes.txt),
    whole numbers are indices into it.
    """
    rows = _read_rows(data, where)
    file = _file_column(rows, names) if rows else 0
    header: list[str] = []
    if rows and _is_header(rows, file, names):
        header, *rows = rows
    if not rows:
        raise InputError(f"{where} lists no pictures: delete it, or write one line per picture")
    if header and (marked := _from_indicators(header, rows, file)):
        return [(_cell(row, file), labels) for row, labels in zip(rows, marked, strict=True)]
    columns = _label_columns(header, rows, file, max(map(len, rows)))
    labels = [[_cell(row, column) for column in columns] for row in rows]
    cells = {cell for row in labels for cell in row if cell}
    numbers = {cell: WHOLE_NUMBER.fullmatch(cell) for cell in cells}
    if all(numbers.values()):
        spelled = {cell: str(int(number[1])) for cell, number in numbers.items()}
        if classes:
            spelled = {cell: _class_name(int(i), classes, where) for cell, i in spelled.items()}
    else:
        spelled = {cell: cell for cell in cells}
    spelled[""] = ""
    return [
        (_cell(row, file), tuple(spelled[cell] for cell in cells))
        for row, cells in zip(rows, labels, strict=True)
    ]


def _class_name(index: int, classes: Sequence[str], where: str) -> str:
    if not 0 <= index < len(classes):
        raise InputError(
            f"{where} holds the label {index}, but classes.txt names only {len(classes)} classes: "
            "add the missing names, or delete classes.txt"
        )
    return classes[index]


def read_classes(data: bytes) -> tuple[str, ...]:
    """classes.txt -> one class name per line, in the order of the labels."""
    return tuple(line.strip() for line in _decode_text(data).splitlines() if line.strip())


def read_factors(
    data: bytes, where: str, names: PictureNames
) -> tuple[tuple[str, ...], dict[str, tuple[float, ...]]]:
    """factors.csv -> the factors' names with their units, and their values by picture path."""
    rows = _read_rows(data, where)
    if not rows or len(rows[0]) < 2:
        raise InputError(
            f"{where} has no header such as file,x px,y px: add it, or delete the file"
        )
    factors = {}
    for number, row in enumerate(rows[1:], start=2):
        try:
            values = tuple(float(cell) for cell in row[1:])
        except ValueError as error:
            raise InputError(f"{where}, row {number}: {error}: correct it") from error
        if not all(abs(value) <= LARGEST for value in values):  # nor is "nan"
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
