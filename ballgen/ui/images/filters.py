"""The filters of a source's images: controls, and which images they select."""

import math
import re
from typing import NamedTuple

import streamlit as st
import torch

from ballgen.data.factor_kinds import CATEGORICAL, SEED, kind
from ballgen.data.imageset import ImageSet
from ballgen.ui.images.data import matching
from ballgen.ui.widgets.controls import ask_for_number
from ballgen.ui.widgets.text import escaped

PAGE_SIZE = 48  # images on a page of the grid
SHORTEST = 1e-3  # px or degrees: a factor that varies less cannot be filtered by
LARGEST = 2**53  # a browser's sliders go no further
FILTERED = "filtered"  # in the session: the digest of the images that the controls filter


class Range(NamedTuple):
    """A factor that can be filtered by a range, within `minimum` to `maximum`.

    column  among the factors
    key     its slider's, and its name in the link
    """

    column: int
    name: str
    key: str
    minimum: int
    maximum: int


def ranges(images: ImageSet) -> list[Range]:
    """Of every factor that can be filtered by; none where no factors are known."""
    if images.factors is None:
        return []
    found: list[Range] = []
    # By numpy, which wakes no second thread for so little: that alone can take 5 ms.
    factors = images.factors.numpy()
    ends = zip(images.factor_names, factors.min(0).tolist(), factors.max(0).tolist(), strict=True)
    for column, (name, low, high) in enumerate(ends):
        no_measure = kind(name) in (CATEGORICAL, SEED)
        if no_measure or high - low <= SHORTEST or max(-low, high) >= LARGEST:
            continue
        # "only_x" for "x px", with the column where that is taken.
        key = "only_" + re.sub(r"\W+", "_", name.rpartition(" ")[0] or name)
        key = f"{key}_{column}" if key in [other.key for other in found] else key
        found.append(Range(column, name, key, math.floor(low), math.ceil(high)))
    return found


def are_set(images: ImageSet) -> bool:
    """Whether `ask` has drawn the controls for these images, so that the session knows them."""
    # Controls that were not drawn for a while, as in another view, are forgotten.
    known = all(filter.key in st.session_state for filter in ranges(images))
    return known and st.session_state.get(FILTERED) == images.digest


def selected(images: ImageSet) -> tuple[torch.Tensor, int]:
    """Indices of the images that the controls select, and which page of them, from 0 on."""
    state = st.session_state
    classes = [name for name in state.get("classes") or [] if name in images.class_names]
    # A link may name the ends in either order.
    chosen = matching(images, classes, {f.column: sorted(state[f.key]) for f in ranges(images)})
    page = int(state.get("page", 1))
    return chosen, page - 1 if page <= _pages(chosen) else 0


def _pages(chosen: torch.Tensor) -> int:
    return max(1, math.ceil(len(chosen) / PAGE_SIZE))


def ask(images: ImageSet) -> None:
    """The controls of the filters, and the one that turns pages, where there are several."""
    st.pills(
        "Only these classes",
        images.class_names,
        selection_mode="multi",
        key="classes",
        bind="query-params",
        format_func=lambda name: escaped(name.replace("_", " ")),
    )
    if filters := ranges(images):
        for filter, column in zip(filters, st.columns(len(filters)), strict=True):
            ends = filter.minimum, filter.maximum
            column.slider(escaped(filter.name), *ends, ends, key=filter.key, bind="query-params")
    chosen, _ = selected(images)
    if (pages := _pages(chosen)) > 1:
        ask_for_number(f"Page, of {pages}", 1, pages, 1, "page", width=160)
    st.session_state[FILTERED] = images.digest
