"""What the page Interpolate computes: a plan says which codes the frames of a film decode."""

import time
from dataclasses import dataclass
from itertools import combinations

import streamlit as st
import torch
from torch import Tensor

from ballgen.data.imageset import ImageSet
from ballgen.errors import InputError
from ballgen.latent.factors import FactorCorrelation, correlated_factors
from ballgen.latent.interpolation import (
    arithmetic,
    dimension_effects,
    interpolate,
    interpolation_grid,
    traversal,
)
from ballgen.runs.catalogue import CheckpointInfo, DatasetInfo
from ballgen.ui.session.loading import MAX_SHEETS, open_checkpoint, open_test_images
from ballgen.ui.widgets.images import to_sheet
from ballgen.util.progress import OnProgress, unwatched

SEARCH_SECONDS = 5.0  # for the code of an own image, where codes are searched for
FRAMES = 49  # of a film from end to end: a step is too small to see, and one is half way
SIDE = 13  # frames along a side of the plane between four corners
CORNERS = ("top left", "top right", "bottom left", "bottom right")
STRENGTHS = tuple(step / 20 for step in range(31))  # of latent arithmetic, 0 to 1.5
TRAVERSAL_FRAMES = 33
REACH = 3  # standard deviations that a traversal goes to either side of the mean
REFERENCES = 512  # test images whose codes give means, spreads and names
MAX_CODES, MAX_REFERENCES = 400, 12


@dataclass(frozen=True)
class End:
    """Where a code comes from.

    kind     "test image", "sample" or "own image"
    number   of the test image, or the sample's seed
    content  the pixels of an own image, uint8 (C, H, W)
    """

    kind: str
    number: int = 0
    content: bytes = b""

    def image(self, dataset: DatasetInfo) -> Tensor | None:
        """The real image (1, C, H, W) in [0, 1]; None for a sample. Raises `InputError`."""
        if self.kind == "sample":
            return None
        if self.kind == "test image":
            return open_test_images(dataset).images(slice(self.number, self.number + 1))
        pixels = torch.frombuffer(bytearray(self.content), dtype=torch.uint8)
        return pixels.reshape(1, *dataset.image_shape).float() / 255

    def __str__(self) -> str:
        names = {"test image": f"test image {self.number}", "sample": "a sample"}
        return names.get(self.kind, "your image")


@st.cache_data(max_entries=MAX_CODES, show_spinner=False)
def code_of(info: CheckpointInfo, end: End) -> Tensor:
    """The code (D,) of an end. Raises `InputError`.

    For a GAN and an own image it takes up to `SEARCH_SECONDS`, as it searches as far as it can.
    """
    if end.kind == "own image":
        return search_own_code(info, end)
    model = open_checkpoint(info).model
    image = end.image(info.dataset)
    return (model.sample_codes(1, end.number) if image is None else model.encode(image))[0]


@st.cache_resource(max_entries=MAX_CODES, show_spinner=False)
def own_code(info: CheckpointInfo, end: End) -> list[Tensor]:
    """An empty list for the code of an own image, the same for all sessions.

    A cached function could not move a progress bar while it searches.
    """
    return []


def search_own_code(info: CheckpointInfo, end: End, on_progress: OnProgress = unwatched) -> Tensor:
    """The code (D,) of an own image, found if nobody has asked for it before.

    on_progress  told the share of `SEARCH_SECONDS` that is over, where codes are searched for
    Raises `InputError`.
    """
    cell = own_code(info, end)
    if not cell:
        model = open_checkpoint(info).model
        image = end.image(info.dataset)
        code, start = model.encode(image, fast=True), time.monotonic()
        if model.needs_inversion:
            for found in model.search_code(image):
                code, share = found[0], (time.monotonic() - start) / SEARCH_SECONDS
                if share > 1:
                    break
                on_progress(share)
        cell.append(code[0])
    return cell[0]


def reference_images(dataset: DatasetInfo) -> ImageSet:
    """Test images that stand for all of them. Raises `InputError`."""
    return open_test_images(dataset).stratified_subset(REFERENCES)


@st.cache_data(max_entries=MAX_REFERENCES, show_spinner=False)
def reference_codes(info: CheckpointInfo) -> Tensor:
    """Codes (N, D) of `reference_images`; for a GAN its encoder's estimate, without a search."""
    return open_checkpoint(info).model.encode(reference_images(info.dataset).images(), fast=True)


@st.cache_data(max_entries=MAX_REFERENCES, show_spinner=False)
def ranked_dimensions(info: CheckpointInfo) -> tuple[list[int], list[FactorCorrelation]]:
    """The dimensions, those that change the image most first, and what each of them follows."""
    codes = reference_codes(info)
    effects = dimension_effects(open_checkpoint(info).model.decode, codes)
    order = effects.argsort(descending=True, stable=True).tolist()
    images = reference_images(info.dataset)
    factors, names = images.factors, images.factor_names
    if factors is None:
        factors, names = images.labels[:, None].float(), ("class",)
    return order, correlated_factors(codes, factors, names)


@dataclass(frozen=True)
class Line:
    """From one end to another; `kind` is linear or spherical."""

    first: End
    last: End
    kind: str

    def codes(self, info: CheckpointInfo) -> Tensor:
        return interpolate(code_of(info, self.first), code_of(info, self.last), FRAMES, self.kind)

    def figures(self, info: CheckpointInfo) -> dict[str, str]:
        codes = self.codes(info)
        first, last, middle = codes[0], codes[-1], codes[FRAMES // 2]
        steps = frames_of(info, self).diff(dim=0).square().mean((1, 2, 3)).sqrt()
        cosine = torch.cosine_similarity(first, last, dim=0).clamp(-1, 1)
        evenness = f"{steps.max() / steps.mean():.1f} times" if steps.mean() > 0 else "–"
        return {
            "Distance between the two codes (z)": f"{(last - first).norm():.1f}",
            "Angle between them": f"{cosine.acos().rad2deg():.0f}°",
            "Length of the code half way, against the ends' mean": (
                f"{2 * middle.norm() / (first.norm() + last.norm()):.0%}"
            ),
            "Largest change from frame to frame, against the mean one": evenness,
        }


@dataclass(frozen=True)
class Plane:
    """Between four `CORNERS`, row after row."""

    corners: tuple[End, ...]
    kind: str

    def codes(self, info: CheckpointInfo) -> Tensor:
        corners = torch.stack([code_of(info, end) for end in self.corners])
        return interpolation_grid(corners, SIDE, SIDE, self.kind).flatten(0, 1)

    def figures(self, info: CheckpointInfo) -> dict[str, str]:
        named = zip(CORNERS, (code_of(info, end) for end in self.corners), strict=True)
        return {
            f"Distance from {first} to {last} (z)": f"{(one - other).norm():.1f}"
            for (first, one), (last, other) in combinations(named, 2)
        }


@dataclass(frozen=True)
class Arithmetic:
    """An image's code, less one class's mean and plus another's, with growing strength."""

    start: End
    minus: int
    plus: int

    def codes(self, info: CheckpointInfo) -> Tensor:
        minus, plus = (self._mean(info, label) for label in (self.minus, self.plus))
        return arithmetic(code_of(info, self.start), minus, plus, torch.tensor(STRENGTHS))

    @staticmethod
    def _mean(info: CheckpointInfo, label: int) -> Tensor:
        images = reference_images(info.dataset)
        codes = reference_codes(info)[images.labels == label]
        if not len(codes):
            raise InputError(
                f"none of the {len(images):,} test images that are looked at is of the class "
                f"{images.class_names[label]}, so it has no mean: choose another"
            )
        return codes.mean(0)

    def figures(self, info: CheckpointInfo) -> dict[str, str]:
        codes, frames = self.codes(info), frames_of(info, self)
        whole = STRENGTHS.index(1.0)
        distance = (codes[whole] - codes[0]).norm()
        spread = reference_codes(info).std(dim=0).norm()
        change = (frames[whole] - frames[0]).square().mean().sqrt()
        return {
            "Distance between the two class means (z)": f"{distance:.1f}",
            "The same, against the spread of all codes": f"{distance / spread:.0%}",
            "Change of the image at strength 1 (root mean square, of 1)": f"{change:.3f}",
        }


@dataclass(frozen=True)
class Traversal:
    """One dimension from far below its mean to far above, all others held."""

    start: End
    dimension: int

    def values(self, info: CheckpointInfo) -> Tensor:
        """Of the dimension, frame by frame."""
        column = reference_codes(info)[:, self.dimension]
        return column.mean() + torch.linspace(-REACH, REACH, TRAVERSAL_FRAMES) * column.std()

    def codes(self, info: CheckpointInfo) -> Tensor:
        return traversal(code_of(info, self.start), self.dimension, self.values(info))


# What a film shows: `codes(info)` gives the code (frames, D) of each frame. All are frozen, so that
# they name what is cached.
Plan = Line | Plane | Arithmetic | Traversal


def frames_of(info: CheckpointInfo, plan: Plan) -> Tensor:
    """The frames (N, C, H, W) of a film. Raises `InputError`."""
    return open_checkpoint(info).model.decode(plan.codes(info))


@st.cache_data(max_entries=MAX_SHEETS, show_spinner=False)
def film_sheet(info: CheckpointInfo, plan: Plan) -> bytes:
    """The frames of a film in one sheet, decoded in one batch. Raises `InputError`."""
    return to_sheet(frames_of(info, plan))


@st.cache_data(max_entries=MAX_SHEETS, show_spinner=False)
def figures_of(info: CheckpointInfo, plan: Line | Plane | Arithmetic) -> dict[str, str]:
    """What is known of a plan's codes besides their look, {figure's name: its text}."""
    return plan.figures(info)
