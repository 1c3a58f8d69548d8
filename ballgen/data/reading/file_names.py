"""Names of files that are not in UTF-8: out of old .zips, which do not say what their names are in.

Of each encoding it is asked how strange the names would look in it, and the least strange is taken.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise

# Of Japan's Windows, of DOS (a .zip's default), of Windows in the west, of DOS in Western Europe.
ENCODINGS = ("cp932", "cp437", "cp1252", "cp850", "latin-1")
EASTERN = ("HIRAGANA", "KATAKANA", "CJK UNIFIED", "FULLWIDTH", "IDEOGRAPHIC")


def decode_names(names: Sequence[bytes]) -> list[str]:
    """The names of one folder or archive, all from one encoding."""
    try:
        return [name.decode() for name in names]
    except UnicodeDecodeError:
        candidates = [texts for encoding in ENCODINGS if (texts := _decode(names, encoding))]
        return min(candidates, key=lambda texts: sum(map(_strangeness, texts)))


def _decode(names: Sequence[bytes], encoding: str) -> list[str]:
    try:
        return [name.decode(encoding) for name in names]
    except UnicodeDecodeError:
        return []


def _strangeness(name: str) -> int:
    """How many of its signs are neither a Latin letter nor, outside of Latin words, Japanese."""
    strange = 0
    for before, signs in pairwise(["", *re.split(r"([^\0-\x7f]+)", name)]):
        for sign in "" if signs.isascii() else signs:
            called = unicodedata.name(sign, "")
            eastern = called.startswith(EASTERN) and (len(signs) > 1 or not before[-1:].isalpha())
            strange += not (eastern or called.startswith("LATIN"))
    return strange
