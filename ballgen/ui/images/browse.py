"""The parts of the data page that look at a source: pictures, counts and statistics."""

from __future__ import annotations

import math
import time

import streamlit as st
import torch

from ballgen.data.imageset import ImageSet
from ballgen.ui.images import filters
from ballgen.ui.images.filters import SHOWN
from ballgen.ui.images.sources import MOST, Source, open_source
from ballgen.ui.widgets.images import Sheet, show_images, to_sheet
from ballgen.ui.widgets.tables import lazy_expander

BINS = 12
HEAD_START = 0.06  # s in which the browser draws the pictures, before it is busy with charts

Table = dict[str, list]


def show_source(source: Source) -> None:
    """A source's pictures, below them what filters them and what is known about them."""
    images = open_source(source)
    for remark in images.remarks:
        st.warning(remark, icon=":material/image_not_supported:")
    _show_images(images)


@st.fragment
def _show_images(images: ImageSet) -> None:
    """A filter draws this again and not the rest of the page, the pictures before all else.

    What was asked for stands in the session's state before the widgets are drawn anew: only the
    first time, with nothing there, they come before the pictures.
    """
    pictures, controls = st.container(), st.container()
    again = filters.asked_before(images)
    if not again:
        with controls:
            filters.ask(images)
    chosen, page = filters.wanted(images)
    with pictures:
        _show_page(images, chosen, page)
    if again:
        time.sleep(HEAD_START)
        with controls:
            filters.ask(images)
    left, right = st.columns(2)
    with left:
        counts = _show_counts(images, chosen)
    with right:
        sizes = _show_sizes(images, chosen)
    if fold := lazy_expander("The charts as tables", "charts_table"):
        for column, table in zip(fold.columns(2), (counts, sizes), strict=True):
            column.dataframe(table, hide_index=True, alt=f"Pictures by {next(iter(table))}")
    _show_statistics(images, chosen)


def _show_page(images: ImageSet, chosen: torch.Tensor, page: int) -> None:
    part = chosen[page * SHOWN : (page + 1) * SHOWN]
    if not len(part):
        st.info("No picture matches: widen a range or choose more classes.")
        return
    # By numpy: see `filters.lines`.
    pixels = images.pixels.numpy()[part.numpy()]
    show_images(
        [Sheet(to_sheet(pixels))],
        len(part),
        images.image_shape,
        f"{len(part)} of {len(chosen):,} pictures of {images.name}",
        key="source-pictures",
    )
    st.caption(f"{len(chosen):,} of {len(images):,} pictures")
    if len(images) == MOST:
        st.caption(f"This page looks at {MOST:,} pictures of a source at most.")


def _show_counts(images: ImageSet, chosen: torch.Tensor) -> Table:
    """Returns what the chart shows."""
    st.header("Pictures per class", anchor=False)
    counts = torch.bincount(images.labels[chosen], minlength=len(images.class_names)).tolist()
    names = [name.replace("_", " ") for name in images.class_names]
    table = {"class": names, "pictures": counts}
    st.bar_chart(
        table,
        x="class",
        y="pictures",
        horizontal=True,
        sort=False,
        color="#8a8a8a",
        height=80 + 30 * len(names),
        alt="How many pictures of each class: "
        + ", ".join(f"{name} {count}" for name, count in zip(names, counts, strict=True)),
    )
    return table


def _show_sizes(images: ImageSet, chosen: torch.Tensor) -> Table:
    """Of the ball where it is known, else how bright the pictures are. Returns what it shows."""
    known = next(
        (i for i, name in enumerate(images.factor_names) if name.startswith("diameter")), None
    )
    if known is not None:
        title, unit, values = "Size of the ball", "diameter, px", images.factors[chosen, known]
    else:
        title, unit = "Mean brightness", "0 black, 255 white"
        values = images.brightness[chosen, 0]
    st.header(title, anchor=False)
    if not len(values):
        return {unit: [], "pictures": []}
    edges, counts = _histogram(values)
    table = {unit: edges, "pictures": counts}
    st.bar_chart(
        table,
        x=unit,
        y="pictures",
        sort=False,
        color="#8a8a8a",
        height=200,
        alt=f"{title}, {unit}: "
        + ", ".join(f"{edge} {count}" for edge, count in zip(edges, counts, strict=True)),
    )
    return table


def _histogram(values: torch.Tensor) -> tuple[list[str], list[int]]:
    """Names of the bins and how many values lie in each; few different values get one bin each."""
    distinct, counts = values.unique(return_counts=True)
    if len(distinct) <= BINS:
        return [f"{value:g}" for value in distinct.tolist()], counts.tolist()
    counts, edges = torch.histogram(values, BINS)
    middles = ((edges[1:] + edges[:-1]) / 2).tolist()
    return [f"{middle:.4g}" for middle in middles], counts.long().tolist()


def _show_statistics(images: ImageSet, chosen: torch.Tensor) -> None:
    st.header("Statistics", anchor=False)
    channels, height, width = images.image_shape
    rows = {
        "Pictures": f"{len(chosen):,}",
        "Size": f"{width}×{height} px, {'colour' if channels == 3 else 'gray'}",
        "Files that could not be used": f"{images.skipped}",
    }
    if len(chosen):
        mean, square = images.brightness[chosen].double().mean(0).tolist()
        rows["Brightness, mean ± standard deviation (0 to 255)"] = (
            f"{mean:.1f} ± {math.sqrt(max(square - mean**2, 0)):.1f}"
        )
        for line in filters.lines(images):
            values = images.factors[chosen, line.column]
            rows[f"{line.name}: least, mean, most"] = (
                f"{values.min():g}, {values.mean():.1f}, {values.max():g}"
            )
    rows["Digest of the pictures loaded"] = images.digest[:16]
    st.table(
        {"Figure": list(rows), "Value": list(rows.values())},
        border="horizontal",
        hide_index=True,
        alt="Statistics of the pictures",
    )
