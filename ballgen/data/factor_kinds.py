"""What kind of number a factor is, as its name tells: "x px", "angle deg", "ball 2 class"."""

CATEGORICAL, CIRCULAR, LINEAR, SEED = "categorical", "circular", "linear", "seed"
UNITS = ("px", "deg")
TURNS = ("angle", "spin")  # come back to where they began after 360 degrees; a tilt does not


def kind(name: str) -> str:
    """`CATEGORICAL` (a class), `CIRCULAR` (an angle in degrees), `LINEAR` (any other measure) or
    `SEED` (the number that a background grows from, which measures nothing).
    """
    words = name.split()
    if words[-1:] == ["class"]:
        return CATEGORICAL
    if words == ["background"]:
        return SEED
    what = words[:-1] if words[-1:] == ["deg"] else words
    return CIRCULAR if what and what[-1] in TURNS else LINEAR


def short(name: str) -> str:
    """The name without its unit."""
    what, _, unit = name.rpartition(" ")
    return what if what and unit in UNITS else name


def axis(name: str) -> str:
    """ "x" or "y" for a place in px, "" for anything else; "max px" is no place."""
    words = name.split()
    return words[-2] if words[-1:] == ["px"] and words[-2:-1] in (["x"], ["y"]) else ""
