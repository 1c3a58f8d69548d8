"""The cells of a small table in any encoding: CSV with any delimiter, JSON, JSON Lines."""

import codecs
import csv
import io
import json
from typing import Any

from ballgen.errors import InputError

DELIMITERS = ",;\t| "
JSON = (".json", ".jsonl", ".ndjson")
MAX_TABLE = 32 * 2**20  # bytes; CelebA's 40 attributes of 200,000 images are 25 MB
MAX_CELLS, MAX_COLUMNS = 10_000_000, 10_000

Column = tuple[str, ...]


def decode_text(data: bytes, where: str) -> str:
    """Raises `InputError` for more than can be held."""
    if len(data) > MAX_TABLE:
        raise InputError(
            f"{where} has {len(data) >> 20} MB, at most {MAX_TABLE >> 20} are read: shorten it"
        )
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # "Unicode text" of Excel
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def read_columns(data: bytes, where: str) -> tuple[list[Column], bool]:
    """The columns, all of one length, and whether their first cells are surely a header.

    Raises `InputError` for what is no table, or more than can be held.
    """
    text = decode_text(data, where)
    if where.lower().endswith(JSON):
        return _from_json(text, where)
    return _from_csv(text, where), False


def _from_csv(text: str, where: str) -> list[Column]:
    first, *others = [line.strip() for line in text.splitlines() if line.strip()] or [""]
    marks = [mark for mark in DELIMITERS if mark in first]
    everywhere = [mark for mark in marks if all(mark in line for line in others)]
    delimiter = next(iter([*everywhere, *(mark for mark in marks if mark != " ")]), ",")
    rows: list[list[str]] = []
    spelled: dict[str, str] = {}  # each text is kept once, however many cells hold it
    try:
        # newline=None: old Macintoshes wrote CR alone, and Excel still can.
        for row in csv.reader(io.StringIO(text, newline=None), delimiter=delimiter):
            cells = [spelled.setdefault(cell, cell) for cell in map(str.strip, row)]
            if any(cells):
                rows.append(cells)
                _check_cells(len(rows), max(len(rows[0]), len(cells)), where)
    except csv.Error as error:
        raise InputError(f"{where} is not a table ({error}): write it as CSV text") from error
    return _columns(rows, where)


def _columns(rows: list[list[str]], where: str) -> list[Column]:
    """Of rows that may be of different lengths."""
    width = max(map(len, rows), default=0)
    _check_cells(len(rows), width, where)
    return list(zip(*(row + [""] * (width - len(row)) for row in rows), strict=True))


def _from_json(text: str, where: str) -> tuple[list[Column], bool]:
    """Rows as objects or lists, columns by their names, or what belongs to each image's name."""
    try:
        try:
            content = json.loads(text)
        except json.JSONDecodeError:
            content = [json.loads(line) for line in text.splitlines() if line.strip()]
    except RecursionError as error:
        raise InputError(f"{where} is not a table (nested too deep): correct it") from error
    except ValueError as error:
        raise InputError(f"{where} is not JSON ({error}): correct it") from error
    if isinstance(content, dict):
        labels = content.get("labels")
        if isinstance(labels, list) and labels and isinstance(labels[0], list):
            content = labels  # as StyleGAN writes it
        elif all(isinstance(value, list) for value in content.values()):
            _check_cells(max(map(len, content.values()), default=0), len(content), where)
            return [(name, *map(_cell, cells)) for name, cells in content.items()], True
        else:
            content = [
                {"file": name} | value if isinstance(value, dict) else [name, value]
                for name, value in content.items()
            ]
    content = content if isinstance(content, list) else []
    if records := [row for row in content if isinstance(row, dict)]:
        names = list(dict.fromkeys(name for row in records for name in row))
        _check_cells(len(records), len(names), where)
        return [(n, *(_cell(row.get(n)) for row in records)) for n in names], True
    return _columns([[*map(_cell, row)] for row in content if isinstance(row, list)], where), False


def _cell(value: Any) -> str:
    """As text; "" for what is no single value."""
    if isinstance(value, bool):
        return str(int(value))
    return str(value).strip() if isinstance(value, str | int | float) else ""


def _check_cells(rows: int, width: int, where: str) -> None:
    if rows * width > MAX_CELLS or width > MAX_COLUMNS:
        much = f"{MAX_COLUMNS:,} columns" if width > MAX_COLUMNS else f"{MAX_CELLS:,} cells"
        raise InputError(f"{where} has more than {much}: shorten it")
