"""What filters a source's pictures: widgets, and the pictures that they ask for."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

import streamlit as st
import torch

from ballgen.data.factor_kinds import CATEGORICAL, SEED, kind
from ballgen.data.imageset import ImageSet

SHOWN = 48  # pictures on a page of the grid
SHORTEST = 1e-3  # px or degrees: a factor that varies less cannot be filtered by
LARGEST = 2**53  # a browser's sliders go no further
ASKED = "asked-about"  # the digest of the pictures that the widgets filter


class Line(NamedTuple):
    """A factor that can be filtered by a range, within `least` to `most`.

    column  among the factors
    key     its slider's, and its name in the link
    """

    column: int
    name: str
    key: str
    least: int
    most: int

    def from_link(self) -> tuple[int, int]:
        """The range that the link names, else all of it."""
        try:
            least, most = (int(float(end)) for end in st.query_params.get_all(self.key))
        except (ValueError, OverflowError):
            return self.least, self.most
        told = self.least <= least <= most <= self.most
        return (least, most) if told else (self.least, self.most)

    def to_link(self) -> None:
        """Keep the range in the link, unless it is all of it."""
        least, most = st.session_state[self.key]
        all_of_it = (least, most) == (self.least, self.most)
        told = [] if all_of_it else [str(least), str(most)]
        if told == st.query_params.get_all(self.key):
            return
        if told:
            st.query_params[self.key] = told
        else:
            st.query_params.pop(self.key)


def lines(images: ImageSet) -> list[Line]:
    """Those of a source's pictures; none where no factors are known."""
    if images.factors is None:
        return []
    found: list[Line] = []
    # By numpy, which wakes no second thread for so little: that alone can take 5 ms.
    factors = images.factors.numpy()
    ends = zip(images.factor_names, factors.min(0).tolist(), factors.max(0).tolist(), strict=True)
    for column, (name, least, most) in enumerate(ends):
        named = kind(name) in (CATEGORICAL, SEED)
        if named or most - least <= SHORTEST or max(-least, most) >= LARGEST:
            continue
        # "only_x" for "x px", with the column where that is taken.
        key = "only_" + re.sub(r"\W+", "_", name.rpartition(" ")[0] or name)
        key = f"{key}_{column}" if key in [line.key for line in found] else key
        found.append(Line(column, name, key, math.floor(least), math.ceil(most)))
    return found


def asked_before(images: ImageSet) -> bool:
    """Whether `ask` has drawn the widgets for these pictures, so that what they say is known."""
    # Widgets that were not drawn for a while, as in another view, are forgotten.
    known = all(line.key in st.session_state for line in lines(images))
    return known and st.session_state.get(ASKED) == images.digest


def wanted(images: ImageSet) -> tuple[torch.Tensor, int]:
    """Indices of the pictures that the widgets ask for, and which page of them, from 0 on."""
    state = st.session_state
    classes = [name for name in state.get("classes") or [] if name in images.class_names]
    ranges = {line.column: state[line.key] for line in lines(images)}
    chosen = matching(images, classes, ranges)
    page = state.get("page", 1)
    return chosen, page - 1 if page <= _pages(chosen) else 0


def _pages(chosen: torch.Tensor) -> int:
    return max(1, math.ceil(len(chosen) / SHOWN))


def matching(
    images: ImageSet, classes: list[str], ranges: dict[int, tuple[float, float]]
) -> torch.Tensor:
    """Indices int64 of the pictures of `classes` (all if empty) whose factors lie in `ranges`.

    ranges  {column: (least, most)}, both included
    """
    keep = torch.ones(len(images), dtype=torch.bool)
    if classes:
        wanted = torch.tensor([images.class_names.index(name) for name in classes])
        keep &= torch.isin(images.labels, wanted)
    for column, (least, most) in ranges.items():
        values = images.factors[:, column]
        keep &= (values >= least) & (values <= most)
    return keep.nonzero()[:, 0]


def ask(images: ImageSet) -> None:
    """The widgets of the filter, and the one that turns pages, where there are several."""
    st.pills(
        "Only these classes",
        images.class_names,
        selection_mode="multi",
        key="classes",
        bind="query-params",
        format_func=lambda name: name.replace("_", " "),
    )
    if factors := lines(images):
        for line, place in zip(factors, st.columns(len(factors)), strict=True):
            with place:
                # Not bound to the link: the browser then sees to the link before the pictures.
                st.slider(line.name, line.least, line.most, value=line.from_link(), key=line.key)
            line.to_link()
    chosen, _ = wanted(images)
    if (pages := _pages(chosen)) > 1:
        st.number_input(
            f"Page, of {pages}",
            min_value=1,
            max_value=pages,
            value=1,
            key="page",
            bind="query-params",
            width=160,
        )
    st.session_state[ASKED] = images.digest
