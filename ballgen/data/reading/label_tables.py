"""What a table beside images says of them: label tables, classes.txt and factors.csv."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from ballgen.data.reading.cells import Column, decode_text, read_columns
from ballgen.data.reading.image_names import ImageNames
from ballgen.errors import InputError

FILE_COLUMN = re.compile(r"id|name|path|(file|image|img|picture)[ _]?(id|name|path)?s?")
# What a column of labels is called, the likeliest first; several objects have numbers behind it.
LABEL_WORDS = ("label", "class", "category", "target", "kind", "species", "type", "object")
LABEL_COLUMN = re.compile(rf"(?:.*[ _])?({'|'.join(LABEL_WORDS)})[ _]?(name|id)?s?[ _]?\d*")
# Columns that measure something, and those that are neither classes nor factors.
MEASURE = re.compile(
    r"(.*[ _])?(x|y|z|px|deg|angle|spin|tilt|rotation|radius|diameter|scale|age|brightness|weight)"
)
OTHER_COLUMN = re.compile(r"|(.*[ _])?(index|idx|no|nr|number|id|width|height|size|url|source)")
# What folders, and cells of a column, call the splits.
SPLIT_WORDS = {
    "train": "train training",
    "test": "test testing",
    "valid": "valid validation val dev eval",
}
SPLIT_NAMES = {word: split for split, words in SPLIT_WORDS.items() for word in words.split()}
WHOLE_NUMBER = re.compile(r"(-?\d{1,18})(\.0*)?")  # "2.0" is what pandas makes of 2
NO_MARK = "none"  # the class of a row without any
FEW = 20  # different cells; a column with more, and more than half of its rows, holds no classes
MIN_ROWS = 5  # rows; in more, some cells of a column of classes are alike
MAX_FACTOR = 3.4e38  # that a float32 holds


@dataclass(frozen=True)
class LabelTable:
    """A row for each image, in the table's order.

    images   as the table names them
    labels   the class name of each object, "" for none; () where no column is one of classes
    column   what the classes are read from, in words
    splits   "train", "valid", "test", or "" where nothing says so
    factors  float64 (N, F), with their names
    """

    images: Column
    labels: list[Column]
    column: str
    splits: Column
    factor_names: Column
    factors: np.ndarray


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

    def fitness(column: Column) -> tuple[bool, int, int]:
        cells = set(column)
        count = len({names.find(cell) for cell in cells} - {None})
        called_so = FILE_COLUMN.fullmatch(column[0].lower()) is not None
        return count > 0 and called_so, count, sum(bool(PurePosixPath(c).suffix) for c in cells)

    return max(range(len(columns)), key=lambda index: fitness(columns[index]))


def _label_columns(header: list[str], columns: list[Column]) -> list[int]:
    """The columns that hold an object's class.

    Where a header calls some so ("label", "class_1"), only those of the likeliest name are. Where
    it calls none so, the first column of words that come again goes before all of numbers; with it
    go those that share classes with it. Numbers that are not whole, or
    measure something by their name, are no classes.
    """
    whole = [index for index, column in enumerate(columns) if not _is_measured(column)]
    if not header:
        return whole
    ranks = {
        index: (LABEL_WORDS.index(match[1]), match[2] == "id", match[2] or "")
        for index in whole
        if (match := LABEL_COLUMN.fullmatch(header[index].lower()))
    }
    if ranks:
        return [index for index, rank in ranks.items() if rank == min(ranks.values())]
    likely = {
        i: {*columns[i]} - {""} for i in whole if not OTHER_COLUMN.fullmatch(header[i].lower())
    }
    count = len(columns[0]) if columns else 0
    max_classes = min(max(FEW, count / 2), count - (count > MIN_ROWS))
    likely = {i: cells for i, cells in likely.items() if len(cells) <= max_classes}
    words = {i: cells for i, cells in likely.items() if not all(map(WHOLE_NUMBER.fullmatch, cells))}
    if not words:
        return [index for index in likely if not MEASURE.fullmatch(header[index].lower())]
    first = max(words.values(), key=lambda cells: 1 < len(cells) < count)
    return [index for index, cells in words.items() if cells is first or cells & first]


def _is_measured(column: Column) -> bool:
    """Numbers of which some are not whole."""
    cells = set(column) - {""}
    numbers = _numbers(tuple(cells)) if cells else None
    return numbers is not None and not all(map(WHOLE_NUMBER.fullmatch, cells))


def _numbers(column: Column) -> np.ndarray | None:
    """float64 of a column in which every cell is a finite number, or says no or yes; else None."""
    cells = set(column)
    said = {cell.lower() for cell in cells} <= {"false", "true"}
    try:  # each spelling once: a column of marks has two
        values = {cell: float(cell.lower() == "true" if said else cell) for cell in cells}
    except ValueError:
        return None
    if not all(abs(value) <= MAX_FACTOR for value in values.values()):  # nor is "nan"
        return None
    return np.fromiter(map(values.__getitem__, column), np.float64, len(column))


def _marks(header: list[str], columns: list[Column]) -> dict[int, np.ndarray]:
    """Columns that say no or yes of what their name is, bool (N,), by their index."""
    return {
        index: numbers > 0
        for index, column in enumerate(columns)
        if header[index] and (numbers := _numbers(column)) is not None
        and (np.isin(numbers, (0, 1)).all() or np.isin(numbers, (-1, 1)).all())
    }  # fmt: skip


def _from_one_hot(header: list[str], marks: dict[int, np.ndarray]) -> Column | None:
    """Each row's class where no row is marked in several columns."""
    table = np.array([*marks.values()])
    if (table.sum(0) > 1).any() or not table.any():
        return None
    names = np.array([*(header[index] for index in marks), NO_MARK])
    return tuple(names[np.where(table.any(0), table.argmax(0), len(marks))].tolist())


def read_labels(
    data: bytes, where: str, names: ImageNames, classes: Sequence[str] = ()
) -> LabelTable:
    """Read a label table.

    One column names the image, every other one an object's class. Where a header tells columns of
    labels from others, the others are factors if they are numbers. A column per class, of 0 and at
    most a single 1, is understood as well; of several 1 they are factors. With `classes` (of
    classes.txt), whole numbers are indices into it. Raises `InputError` for no table, an empty or
    too large one, or a number beyond `classes`.
    """
    columns, has_header = read_columns(data, where)
    header, file = [], ()
    if columns:
        file = columns.pop(_file_column(columns, names))
        if has_header or _has_header(file, columns, names):
            header = [column[0] for column in columns]
            file, columns = file[1:], [column[1:] for column in columns]
    if not file:
        raise InputError(f"{where} lists no images: delete it, or write one line per image")
    splits: Column = ("",) * len(file)
    for index, column in reversed([*enumerate(columns)] if header else []):
        if {cell.lower() for cell in set(column)} - {""} <= SPLIT_NAMES.keys() and any(column):
            splits = tuple(SPLIT_NAMES.get(cell.lower(), "") for cell in column)
            del header[index], columns[index]
    named = any(LABEL_COLUMN.fullmatch(name.lower()) for name in header)
    marks = _marks(header, columns) if header and not named else {}
    marks = marks if len(marks) > 1 else {}
    if marks and (marked := _from_one_hot(header, marks)):
        found, chosen, said = [marked], [*marks], "the columns of 0 and 1"
    else:
        chosen = [i for i in _label_columns(header, columns) if i not in marks]
        found = [columns[index] for index in chosen]
        spelled = _class_names({cell for column in found for cell in column}, classes, where)
        found = [[spelled[cell] for cell in column] for column in found]
        said = " and ".join(f'the column "{header[index]}"' for index in chosen if header)
        said = said or "its second column" * bool(chosen)
    factors = _factors(header, columns, chosen)
    return LabelTable(
        file,
        list(zip(*found, strict=True)) or [()] * len(file),
        said,
        splits,
        tuple(factors),
        np.array([*factors.values()]).T.reshape(len(file), len(factors)),
    )


def _factors(header: list[str], columns: list[Column], chosen: list[int]) -> dict[str, np.ndarray]:
    """The other columns of numbers by their names, but those that count or never change."""
    return {
        name: numbers
        for index, name in enumerate(header)
        if index not in chosen and not OTHER_COLUMN.fullmatch(name.lower())
        and (not LABEL_COLUMN.fullmatch(name.lower()) or _is_measured(columns[index]))
        and (numbers := _numbers(columns[index])) is not None and np.ptp(numbers)
    }  # fmt: skip


def _class_names(cells: set[str], classes: Sequence[str], where: str) -> dict[str, str]:
    """What each cell stands for: numbers are spelled alike, or are indices into `classes`."""
    numbers = {cell: WHOLE_NUMBER.fullmatch(cell) for cell in cells if cell}
    if not all(numbers.values()):
        return {cell: cell for cell in cells}
    indices = {cell: int(number[1]) for cell, number in numbers.items()}
    beyond = [index for index in indices.values() if index not in range(len(classes))]
    if classes and beyond:
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
    lines = map(str.strip, decode_text(data, where).splitlines())
    return tuple(line for line in lines if line)


def read_factors(
    data: bytes, where: str, names: ImageNames
) -> tuple[tuple[str, ...], dict[str, tuple[float, ...]]]:
    """factors.csv -> the factors' names with their units, and their values by image path.

    Raises `InputError` for a missing header, a cell that is no finite number, or a ragged row.
    """
    columns, _ = read_columns(data, where)
    if len(columns) < 2:
        raise InputError(
            f"{where} has no header such as file,x px,y px: add it, or delete the file"
        )
    (_, *files), *cells = columns
    if not all(column[0] for column in cells):
        raise InputError(
            f"{where} has a column without a name, or a row of {len(columns)} cells: correct it"
        )
    values = [_numbers(column[1:]) for column in cells]
    for (name, *column), numbers in zip(cells, values, strict=True):
        if numbers is None:
            row = next(i for i, cell in enumerate(column, 2) if _numbers((cell,)) is None)
            raise InputError(
                f"{where}, row {row}: {name} is {column[row - 2]!r}, no finite number: correct it"
            )
    rows = zip(files, np.array(values).T.tolist(), strict=True)
    factors = {path: tuple(row) for name, row in rows if (path := names.find(name))}
    return tuple(column[0] for column in cells), factors


def sort_classes(names: Iterable[str]) -> list[str]:
    """Class names in alphabetical order, or in numerical order if all are whole numbers."""
    names = set(names)
    numeric = all(re.fullmatch(r"-?\d+", name) for name in names)
    return sorted(names, key=(lambda name: (int(name), name)) if numeric else None)
