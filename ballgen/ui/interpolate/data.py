"""What the page that interpolates can film: each plan says which codes its frames decode."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Protocol

import streamlit as st
import torch
from torch import Tensor

from ballgen.data.decode import DecodeError, decode
from ballgen.data.imageset import ImageSet
from ballgen.errors import InputError
from ballgen.latent.dimensions import Meaning, by_movement, name_dimensions
from ballgen.latent.interpolation import arithmetic, class_mean, grid, path, walk
from ballgen.runs.catalogue import CheckpointInfo, DatasetInfo
from ballgen.ui.session.loading import KEPT_SHEETS, open_checkpoint, open_test_images
from ballgen.ui.widgets.images import to_sheet

FRAMES = 49  # of a film from end to end: a step is too small to see, and one is half way
SIDE = 13  # frames along a side of the plane between four corners
STRENGTHS = tuple(step / 20 for step in range(31))  # of latent arithmetic, 0 to 1.5
WALK_FRAMES = 33
REACH = 3  # standard deviations that a walk goes to either side of the mean
KNOWN = 512  # test pictures whose codes give means, spreads and names
KEPT_CODES, KEPT_KNOWN = 400, 12


@dataclass(frozen=True)
class End:
    """Where a code comes from.

    kind     "test picture", "sample" or "own picture"
    number   of the test picture, or the sample's seed
    content  the file of an own picture
    """

    kind: str
    number: int = 0
    content: bytes = b""

    def picture(self, pictures: DatasetInfo) -> Tensor | None:
        """The real picture (1, C, H, W) in [0, 1]; None for a sample. Raises `InputError`."""
        if self.kind == "test picture":
            return open_test_images(pictures).images(slice(self.number, self.number + 1))
        if self.kind == "own picture":
            channels, height, _ = pictures.image_shape
            try:
                pixels = decode(self.content, height, channels).pixels
            except DecodeError as error:
                raise InputError(f"this file cannot be used: {error}") from error
            return torch.from_numpy(pixels.copy())[None].float() / 255
        return None

    def __str__(self) -> str:
        if self.kind == "own picture":
            return "your picture"
        return f"test picture {self.number}" if self.kind == "test picture" else "a sample"


@st.cache_data(max_entries=KEPT_CODES, show_spinner=False)
def code_of(found: CheckpointInfo, end: End) -> Tensor:
    """The code (D,) of an end. About a second for a GAN and a real picture: it searches."""
    model = open_checkpoint(found).model
    picture = end.picture(found.dataset)
    return (model.sample_codes(1, end.number) if picture is None else model.encode(picture))[0]


@st.cache_data(max_entries=KEPT_KNOWN, show_spinner=False)
def known_codes(found: CheckpointInfo) -> Tensor:
    """Codes (N, D) of `known_pictures`; for a GAN its encoder's guess, without a search."""
    model = open_checkpoint(found).model
    return model.encode_quickly(known_pictures(found.dataset).images())


def known_pictures(pictures: DatasetInfo) -> ImageSet:
    """Test pictures that stand for all of them. Raises `InputError`."""
    return open_test_images(pictures).stratified_subset(KNOWN)


@st.cache_data(max_entries=KEPT_KNOWN, show_spinner=False)
def known_dimensions(found: CheckpointInfo) -> tuple[list[int], list[Meaning]]:
    """The dimensions, those that move the picture most first, and what each of them follows."""
    codes = known_codes(found)
    order = by_movement(open_checkpoint(found).model.decode, codes)
    pictures = known_pictures(found.dataset)
    factors, names = pictures.factors, pictures.factor_names
    if factors is None:
        factors, names = pictures.labels[:, None].float(), ("class",)
    return order, name_dimensions(codes, factors, names)


class Plan(Protocol):
    """Codes (frames, D) for a checkpoint. Plans are frozen, so that they name what is cached."""

    def codes(self, found: CheckpointInfo) -> Tensor: ...


@dataclass(frozen=True)
class Line:
    """From one end to another."""

    first: End
    last: End
    kind: str

    def codes(self, found: CheckpointInfo) -> Tensor:
        return path(code_of(found, self.first), code_of(found, self.last), FRAMES, self.kind)


@dataclass(frozen=True)
class Plane:
    """Between four corners: top left, top right, bottom left, bottom right; row after row."""

    corners: tuple[End, ...]
    kind: str

    def codes(self, found: CheckpointInfo) -> Tensor:
        corners = torch.stack([code_of(found, end) for end in self.corners])
        return grid(corners, SIDE, SIDE, self.kind).flatten(0, 1)


@dataclass(frozen=True)
class Exchange:
    """One class less and another more, with growing strength."""

    start: End
    minus: int
    plus: int

    def codes(self, found: CheckpointInfo) -> Tensor:
        code = code_of(found, self.start)
        minus, plus = (self._mean(found, label) for label in (self.minus, self.plus))
        return arithmetic(code, minus, plus, torch.tensor(STRENGTHS))

    @staticmethod
    def _mean(found: CheckpointInfo, label: int) -> Tensor:
        known = known_pictures(found.dataset)
        if label not in known.labels:
            raise InputError(
                f"none of the {len(known):,} test pictures that are looked at is of the class "
                f"{known.class_names[label]}, so it has no mean: choose another"
            )
        return class_mean(known_codes(found), known.labels, label)


@dataclass(frozen=True)
class Walk:
    """One dimension from far below its mean to far above, all others held."""

    start: End
    dimension: int

    def values(self, found: CheckpointInfo) -> Tensor:
        """Of the dimension, frame by frame."""
        column = known_codes(found)[:, self.dimension]
        steps = torch.linspace(-REACH, REACH, WALK_FRAMES)
        return column.mean() + steps * column.std()

    def codes(self, found: CheckpointInfo) -> Tensor:
        return walk(code_of(found, self.start), self.dimension, self.values(found))


def frames_of(found: CheckpointInfo, plan: Plan) -> Tensor:
    """The frames (N, C, H, W) of a film."""
    return open_checkpoint(found).model.decode(plan.codes(found))


@st.cache_data(max_entries=KEPT_SHEETS, show_spinner=False)
def film_sheet(found: CheckpointInfo, plan: Plan) -> bytes:
    """The frames of a film in one sheet, decoded in one batch."""
    return to_sheet(frames_of(found, plan))


@st.cache_data(max_entries=KEPT_SHEETS, show_spinner=False)
def line_figures(found: CheckpointInfo, line: Line) -> dict[str, str]:
    """What is known of a line besides its look."""
    codes = line.codes(found)
    first, last = codes[0], codes[-1]
    steps = frames_of(found, line).diff(dim=0).square().mean((1, 2, 3)).sqrt()
    cosine = torch.cosine_similarity(first, last, dim=0).clamp(-1, 1)
    middle = codes[len(codes) // 2]
    evenness = f"{steps.max() / steps.mean():.1f} times" if steps.mean() > 0 else "–"
    return {
        "Distance between the two codes (z)": f"{(last - first).norm():.1f}",
        "Angle between them": f"{cosine.acos().rad2deg():.0f}°",
        "Length of the code half way, against the ends' mean": (
            f"{2 * middle.norm() / (first.norm() + last.norm()):.0%}"
        ),
        "Largest change from frame to frame, against the mean one": evenness,
    }


@st.cache_data(max_entries=KEPT_SHEETS, show_spinner=False)
def corner_figures(found: CheckpointInfo, corners: dict[str, End]) -> dict[str, str]:
    """How far apart the corners are, pair by pair."""
    codes = {name: code_of(found, end) for name, end in corners.items()}
    return {
        f"Distance from {first} to {last} (z)": f"{(codes[first] - codes[last]).norm():.1f}"
        for first, last in combinations(corners, 2)
    }


@st.cache_data(max_entries=KEPT_SHEETS, show_spinner=False)
def exchange_figures(found: CheckpointInfo, exchange: Exchange) -> dict[str, str]:
    """What an exchange does to a code, and how far that carries the picture."""
    codes = exchange.codes(found)
    whole = STRENGTHS.index(1.0)
    spread = known_codes(found).std(dim=0).norm()
    frames = frames_of(found, exchange)
    change = (frames[whole] - frames[0]).square().mean().sqrt()
    return {
        "Distance between the two classes' means (z)": f"{(codes[whole] - codes[0]).norm():.1f}",
        "The same, against the spread of all codes": (
            f"{(codes[whole] - codes[0]).norm() / spread:.0%}"
        ),
        "Change of the picture at full strength (root mean square, of 1)": f"{change:.3f}",
    }
