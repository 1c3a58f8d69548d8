"""The settings of a set of drawn balls, and the factors of each image as numbers."""

from dataclasses import dataclass

import numpy as np
import torch

from ballgen.data.imageset import MAX_IMAGES, check_image_size
from ballgen.data.sportballs.textures import SKINS
from ballgen.errors import InputError
from ballgen.util.checks import check_whole

Array = np.ndarray

CLASS_NAMES: tuple[str, ...] = tuple(SKINS)
REPORT_CLASSES = CLASS_NAMES[:4]
FACTOR_NAMES = ("class", "x px", "y px", "diameter px", "angle deg")
ORIENTATION_NAMES = ("tilt deg", "spin deg")
BACKGROUNDS = ("white", "colour", "texture")
ROTATIONS = ("plane", "full")
STYLES = ("lit", "flat")
MAX_BALLS = 8

DIAMETERS_AT_32_PX = (12, 14, 16, 19, 21)  # int(s * 24 / 10) for s in 5..9, as in the reports
_PLACES_TRIED = 8  # per further ball: the first that hides nothing is taken, else the best
_CLASS, _DIAMETER, _ANGLE, _TILT, _SPIN, _BACKGROUND, _PLACE = 0, 1, 2, 3, 4, 5, 8  # hash counters


@dataclass(frozen=True)
class BallSettings:
    """What the images of a set hold.

    image_size  side of the square image in px; the reports use 32. Diameters scale with it
    classes     the balls to draw, in label order; the reports use the first four
    background  "white" as in the reports, "colour" (one random colour per image) or "texture"
                (random clouds and stripes), which a model has to tell from the ball
    rotation    "plane": rotated in the image plane as in the reports; "full": any orientation
    balls       balls in an image, 1 to 8; the first lies in front and gives the label
    style       "lit": balls under a lamp; "flat": icons, which can only be rotated in the plane
    Raises `InputError` for any other value.
    """

    image_size: int = 32
    classes: tuple[str, ...] = REPORT_CLASSES
    background: str = "white"
    rotation: str = "plane"
    balls: int = 1
    style: str = "lit"

    def __post_init__(self) -> None:
        check_image_size(self.image_size)
        object.__setattr__(self, "classes", tuple(self.classes))  # a list would not be hashable
        if not self.classes:
            raise InputError("no ball class is chosen: choose at least one")
        for field, chosen, known in (
            ("ball class", self.classes, CLASS_NAMES),
            ("background", (self.background,), BACKGROUNDS),
            ("rotation", (self.rotation,), ROTATIONS),
            ("style", (self.style,), STYLES),
        ):
            for name in chosen:
                if name not in known:
                    raise InputError(f"{field} {name!r} is unknown: choose from {', '.join(known)}")
        if len(set(self.classes)) < len(self.classes):
            raise InputError("a ball class is named twice: name each class once")
        if self.style == "flat" and self.rotation == "full":
            raise InputError("flat icons have one side: choose rotation 'plane' or style 'lit'")
        check_whole("balls per image", self.balls, 1, MAX_BALLS)


DEFAULT_SETTINGS = BallSettings()


def ball_columns(settings: BallSettings) -> tuple[str, ...]:
    """Names of the columns that describe one ball."""
    return FACTOR_NAMES + (ORIENTATION_NAMES if settings.rotation == "full" else ())


def factor_names(settings: BallSettings = DEFAULT_SETTINGS) -> tuple[str, ...]:
    """Names, with units, of all columns that describe an image.

    The first five are always `FACTOR_NAMES`. Full rotation adds tilt and spin, further balls
    repeat the first one's columns, and a background that is not white adds the whole number, below
    2²⁴, that its colours grow from.
    """
    columns = ball_columns(settings)
    names = list(columns)
    for ball in range(2, settings.balls + 1):
        names += [f"ball {ball} {name}" for name in columns]
    if settings.background != "white":
        names.append("background")
    return tuple(names)


# Tilts are whole degrees; the sine of a uniform direction's tilt is uniform. These are the sines
# half way between two tilts, rounded so that every machine has the same.
_TILT_EDGES = np.round(np.sin(np.radians(np.arange(-89.5, 90))), 6)


def _one_ball(
    seed: int, indices: Array, ball: int, settings: BallSettings, placed: list[tuple[Array, ...]]
) -> list[Array]:
    """Columns of one ball of every image, each float64 (N,).

    placed  x, y and diameter of the balls before it, each (N,); this ball is added to them
    """

    def pick(limit: Array | int, counter: int) -> Array:
        return below(limit, hashed(seed, indices, ball, counter))

    diameters = np.array(DIAMETERS_AT_32_PX) * (settings.image_size / 32)
    diameter = diameters[pick(len(diameters), _DIAMETER).astype(np.int64)]
    corners = np.floor(settings.image_size - diameter) + 1  # top-left corners that keep it inside
    x, y, best = (np.full(len(indices), fill) for fill in (0.0, 0.0, -np.inf))
    for attempt in range(_PLACES_TRIED if placed else 1):
        new_x, new_y = (
            pick(corners, _PLACE + 2 * attempt + axis) + diameter / 2 for axis in range(2)
        )
        gap = np.zeros(len(indices))  # below zero where it would hide another ball
        for other_x, other_y, other_diameter in placed:
            apart = np.sqrt((new_x - other_x) ** 2 + (new_y - other_y) ** 2)
            gap = np.minimum(gap, apart - (diameter + other_diameter) / 2)
        better = gap > best
        x, y, best = (np.where(better, *pair) for pair in ((new_x, x), (new_y, y), (gap, best)))
    placed.append((x, y, diameter))

    columns = [pick(len(settings.classes), _CLASS), x, y, diameter, pick(360, _ANGLE)]
    if settings.rotation == "full":
        sine = unit(hashed(seed, indices, ball, _TILT)) * 2 - 1
        columns += [np.searchsorted(_TILT_EDGES, sine) - 90.0, pick(360, _SPIN)]
    return columns


def draw_factors(
    count: int, seed: int = 0, settings: BallSettings = DEFAULT_SETTINGS, start: int = 0
) -> torch.Tensor:
    """Factors of the images `start` to `start + count` of a seed's endless stream.

    Returns float32 (N, F) with the columns `factor_names(settings)`: class is an index into
    `settings.classes`, x and y are the ball's centre, the angle turns it counter-clockwise. Class,
    diameter, top-left corner and angle are uniform, as in the reports; tilt (towards the viewer)
    and spin (about the ball's upright axis) then make every orientation equally likely.
    Raises `InputError` if `count` is below 1 or absurd, or `start` below 0.
    """
    check_whole("count", count, 1, MAX_IMAGES)
    check_whole("start", start, 0)
    indices = np.arange(start, start + count, dtype=np.uint64)
    placed: list[tuple[Array, ...]] = []
    columns: list[Array] = []
    for ball in range(settings.balls):
        columns += _one_ball(seed, indices, ball, settings, placed)
    if settings.background != "white":
        columns.append(below(2**24, hashed(seed, indices, _BACKGROUND)))
    return torch.from_numpy(np.stack(columns, axis=1).astype(np.float32))


def check_factors(factors: torch.Tensor | Array, settings: BallSettings) -> Array:
    """The factors (N, F) as float64. Raises `InputError` for a wrong shape, class or number."""
    table = torch.as_tensor(factors).to(torch.float32).numpy().astype(np.float64)
    names = factor_names(settings)
    if table.ndim != 2 or table.shape[1] != len(names):
        raise InputError(
            f"factors must have the shape (N, {len(names)}) with the columns {', '.join(names)}, "
            f"got {tuple(table.shape)}"
        )
    if not np.isfinite(table).all():
        raise InputError("factors must be finite numbers, got some that are not: leave them out")
    for name, column in zip(names, table.T, strict=True):
        last = len(settings.classes) - 1
        if name.endswith("class") and not np.isin(column, range(last + 1)).all():
            raise InputError(f"{name} must be a whole number from 0 to {last}: an index of classes")
        if (name.endswith("diameter px") or name == "background") and (column < 0).any():
            raise InputError(f"{name} must be at least 0, got {column.min():g}")
    return table


# --- random numbers that are looked up, not drawn: a hash of (seed, counters) --------------------

# Number 7 of image 12345 is the same whether it is asked for alone or with a million others, on any
# machine: only uint64 arithmetic, which wraps everywhere alike.


def _mix(state: Array) -> Array:
    """One step of splitmix64 (Steele, Lea and Flood 2014), uint64 to uint64."""
    state = state + np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


def hashed(seed: int, *counters: Array | int) -> Array:
    """uint64 hash of a seed and any counters ≥ 0, which are broadcast against each other."""
    state = _mix(np.array([seed % 2**64], dtype=np.uint64))
    for counter in counters:
        state = _mix(state ^ np.asarray(counter).astype(np.uint64))
    return state


def unit(numbers: Array) -> Array:
    """Hashes as float64, uniform in [0, 1)."""
    return (numbers >> np.uint64(11)).astype(np.float64) * 2.0**-53


def below(limit: Array | int, numbers: Array) -> Array:
    """Hashes as whole float64 numbers, uniform from 0 to `limit` - 1."""
    return np.floor(unit(numbers) * limit)
