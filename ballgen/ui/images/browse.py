"""The parts of the page Images that look at a source: images, how they were understood, counts and
statistics.
"""

import math
import time
from dataclasses import replace

import streamlit as st
import torch

from ballgen.data.imageset import ImageSet
from ballgen.errors import InputError
from ballgen.scores.groups import scores_left_out
from ballgen.ui.images import filters
from ballgen.ui.images.data import MAX_IMAGES, Source, count_copies, histogram, open_source
from ballgen.ui.images.filters import PAGE_SIZE
from ballgen.ui.widgets.images import Sheet, show_images, to_sheet
from ballgen.ui.widgets.tables import lazy_expander, show_figures
from ballgen.ui.widgets.text import escaped
from ballgen.util.palette import REAL_COLOUR
from ballgen.util.paths import expand

HEAD_START = 0.06  # s in which the browser draws the images, before it is busy with charts

TERMS = ("Layout", "Classes", "Sizes")  # of `ImageSet.understood`
WARNING = "⚠\N{VARIATION SELECTOR-15} "  # the sign, not the emoji

Table = dict[str, list]


def show_source(source: Source) -> None:
    """A source's images, what it was understood as, and below them filters and statistics.

    Raises `InputError`.
    """
    _show(open_source(source), source)


@st.fragment
def _show(images: ImageSet, source: Source) -> None:
    """A filter draws this again and not the rest of the page, the images before all else.

    The session knows a filter's new value before its control is drawn anew: only the first time do
    the controls come before the images.
    """
    grid, preview = st.columns([3, 2]) if images.understood else (st.container(), None)
    controls = st.container()
    again = filters.are_set(images)
    if not again:
        with controls:
            filters.ask(images)
    chosen, page = filters.selected(images)
    with grid:
        _show_page(images, chosen, page)
    if preview:
        with preview:
            _show_preview(images, source)
            copies = st.empty()
            copies.markdown(":small[**Copies** …]")
            _show_skipped(images)
    if again:
        time.sleep(HEAD_START)
        with controls:
            filters.ask(images)
    left, right = st.columns(2)
    with left:
        counts = _show_counts(images, chosen)
    with right:
        sizes = _show_sizes(images, chosen)
    if expander := lazy_expander("The charts as tables", "charts_table"):
        for column, table in zip(expander.columns(2), (counts, sizes), strict=True):
            column.dataframe(table, hide_index=True, alt=f"Images by {next(iter(table))}")
    _show_statistics(images, chosen)
    if preview:
        with copies:
            _show_copies(images, source)


def _show_page(images: ImageSet, chosen: torch.Tensor, page: int) -> None:
    part = chosen[page * PAGE_SIZE : (page + 1) * PAGE_SIZE]
    if not len(part):
        st.info("No image matches: widen a range or choose more classes.")
        return
    # By numpy: see `filters.ranges`.
    pixels = images.pixels.numpy()[part.numpy()]
    show_images(
        [Sheet(to_sheet(pixels))],
        len(part),
        images.image_shape,
        f"{len(part)} of {len(chosen):,} images of {images.name}",
        key="source-images",
    )
    st.caption(f"{len(chosen):,} of {len(images):,} images")
    if len(images) == MAX_IMAGES:
        st.caption(f"This page shows {MAX_IMAGES:,} images of a source at most.")


def _show_counts(images: ImageSet, chosen: torch.Tensor) -> Table:
    """Returns what the chart shows."""
    counts = torch.bincount(images.labels[chosen], minlength=len(images.class_names)).tolist()
    names = [name.replace("_", " ") for name in images.class_names]
    height = 80 + 30 * len(names)
    return _show_bars("Images per class", "class", names, counts, height, horizontal=True)


def _show_sizes(images: ImageSet, chosen: torch.Tensor) -> Table:
    """Of the ball where it is known, else how bright the images are. Returns what it shows."""
    names = images.factor_names
    known = next((i for i, name in enumerate(names) if name.startswith("diameter")), None)
    if known is not None:
        title, unit, values = "Size of the ball", "diameter, px", images.factors[chosen, known]
    else:
        title, unit = "Mean brightness", "0 black, 255 white"
        values = images.brightness[chosen, 0]
    bins, counts = histogram(values) if len(values) else ([], [])
    return _show_bars(title, unit, bins, counts, height=200)


def _show_bars(
    title: str, unit: str, names: list[str], counts: list[int], height: int, **settings
) -> Table:
    table = {unit: names, "images": counts}
    st.header(title, anchor=False)
    if names:
        st.bar_chart(
            table,
            x=unit,
            y="images",
            sort=False,
            color=REAL_COLOUR,
            height=height,
            alt=f"{title}, by {unit}: "
            + ", ".join(f"{name} {count}" for name, count in zip(names, counts, strict=True)),
            **settings,
        )
    return table


def _show_statistics(images: ImageSet, chosen: torch.Tensor) -> None:
    st.header("Statistics", anchor=False)
    channels, height, width = images.image_shape
    rows = {
        "Images": f"{len(chosen):,}",
        "Size": f"{width}×{height} px, {'colour' if channels == 3 else 'gray'}",
    }
    if len(chosen):
        mean, square = images.brightness[chosen].double().mean(0).tolist()
        rows["Brightness, mean ± standard deviation (0 to 255)"] = (
            f"{mean:.1f} ± {math.sqrt(max(square - mean**2, 0)):.1f}"
        )
        for factor in filters.ranges(images):
            values = images.factors[chosen, factor.column]
            rows[f"{factor.name}: minimum, mean, maximum"] = (
                f"{values.min():g}, {values.mean():.1f}, {values.max():g}"
            )
    rows["Digest of the images loaded"] = images.digest[:16]
    show_figures({"Value": rows}, "Statistics of the images")


def _show_preview(images: ImageSet, source: Source) -> None:
    """How a folder or .zip was understood, and what it is too small for."""
    path = expand(source.name).absolute()
    lines = [*zip(TERMS, images.understood, strict=True)]
    lines += [("Note", remark.removeprefix(f"{path}: ")) for remark in images.remarks]
    if left_out := scores_left_out(*images.split_sizes, len(images.class_names)):
        lines.append((f"{WARNING}Too few images for", ", ".join(left_out)))
    else:
        lines.append(("Enough images for", "KID, C2ST, density and coverage"))
    texts = "  \n".join(_line(term, said) for term, said in lines)
    st.markdown(texts)


def _show_skipped(images: ImageSet) -> None:
    """Every file that was skipped, with its reason, on demand."""
    if images.skipped and (inside := lazy_expander("Every file that was skipped", "skipped_table")):
        names, reasons = zip(*images.skipped_files, strict=True)
        table = {"File": names, "Reason": reasons}
        inside.dataframe(table, hide_index=True, alt="The files that were skipped, and why")
        if len(names) < images.skipped:
            inside.caption(f"The first {len(names)} of {images.skipped:,}.")


def _show_copies(images: ImageSet, source: Source) -> None:
    """How many test images are training images, too; may read the other split first."""
    try:
        train, test = (
            images
            if source.split == split
            else open_source(replace(source, split=split), bar=False)
            for split in ("train", "test")
        )
    except InputError as error:  # the other split has no usable images
        sign, said = WARNING, f"are not known: {error}"
    else:
        copies = count_copies(test.digest, train.digest, test, train)
        sign, said = WARNING if copies else "", f"{copies:,}" if copies else "none"
        said += f" of {len(test):,} test images are among {len(train):,} training images"
        if copies:
            said += ", pixel for pixel: delete them in one of the two, or scores look too good"
    texts = _line(f"{sign}Copies", said)
    st.markdown(texts)


def _line(term: str, said: str) -> str:
    return f":small[**{term}** {escaped(said)}]"
