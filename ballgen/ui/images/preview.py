"""What a folder or .zip was understood as, before anybody trains on it: all in a few lines."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from ballgen.data.imageset import ImageSet
from ballgen.errors import InputError
from ballgen.scores.groups import scores_left_out
from ballgen.ui.images.data import Source, count_copies, open_source
from ballgen.ui.widgets.tables import lazy_expander
from ballgen.ui.widgets.text import plain
from ballgen.util.paths import expand

TERMS = ("Layout", "Classes", "Sizes")  # of `ImageSet.understood`
WARNING = "⚠\N{VARIATION SELECTOR-15} "  # the sign, not the emoji


def show_preview(images: ImageSet, source: Source) -> None:
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


def show_skipped(images: ImageSet) -> None:
    """Every file that was skipped, with its reason, on demand."""
    if images.skipped and (inside := lazy_expander("Every file that was skipped", "skipped_table")):
        names, reasons = zip(*images.skipped_files, strict=True)
        table = {"File": names, "Reason": reasons}
        inside.dataframe(table, hide_index=True, alt="The files that were skipped, and why")
        if len(names) < images.skipped:
            inside.caption(f"The first {len(names)} of {images.skipped:,}.")


def show_copies(images: ImageSet, source: Source) -> None:
    """How many test images are training images, too; may read the other split first."""
    try:
        train, test = (
            images
            if source.split == split
            else open_source(replace(source, split=split), bar=False)
            for split in ("train", "test")
        )
    except InputError as error:  # the other split has no usable images
        texts = _line(f"{WARNING}Copies", f"are not known: {error}")
    else:
        copies = count_copies(test.digest, train.digest, test, train)
        among = f"{len(test):,} test images are among {len(train):,} training images"
        texts = _line("Copies", f"none of {among}")
        if copies:
            remedy = "delete them in one of the two, or scores will flatter"
            texts = _line(f"{WARNING}Copies", f"{copies:,} of {among}, pixel for pixel: {remedy}")
    st.markdown(texts)


def _line(term: str, said: str) -> str:
    return f":small[**{term}** {plain(said)}]"
