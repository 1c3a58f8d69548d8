"""What kind of number a factor is, as its name tells: "x px", "angle deg", "ball 2 class"."""

from __future__ import annotations

CATEGORY, CIRCLE, LINE, SEED = "category", "circle", "line", "seed"
UNITS = ("px", "deg")
TURNS = ("angle", "spin")  # come back to where they began after 360 degrees; a tilt does not


def kind(name: str) -> str:
    """`CATEGORY` (a class), `CIRCLE` (an angle, in degrees), `LINE` (any other measure) or `SEED`:
    the number that a background grows from, which measures nothing.
    """
    words = name.split()
    if words[-1:] == ["class"]:
        return CATEGORY
    if words == ["background"]:
        return SEED
    what = words[:-1] if words[-1:] == ["deg"] else words
    return CIRCLE if what and what[-1] in TURNS else LINE


def short(name: str) -> str:
    """The name without its unit."""
    what, _, unit = name.rpartition(" ")
    return what if what and unit in UNITS else name


def axis(name: str) -> str:
    """ "x" or "y" for a place in px, "" for anything else; "max px" is no place."""
    words = name.split()
    return words[-2] if words[-1:] == ["px"] and words[-2:-1] in (["x"], ["y"]) else ""
