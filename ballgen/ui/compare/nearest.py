"""The training picture that is nearest to each sample, shown below it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import streamlit as st
import torch
from torch import Tensor

from ballgen.data.imageset import ImageSet
from ballgen.errors import InputError
from ballgen.runs.catalogue import CheckpointInfo
from ballgen.ui.compare.copies import HELD_OUT_PER_SAMPLE, Copies
from ballgen.ui.session.kept import Kept
from ballgen.ui.session.loading import (
    open_checkpoint,
    open_test_images,
    open_training_images,
    sample_sheet,
)
from ballgen.ui.session.scoring import Sampling, Samplings
from ballgen.ui.session.selection import Selection, Slot
from ballgen.ui.theme import REAL_COLOUR
from ballgen.ui.widgets.images import Sheet, show_images, to_sheet
from ballgen.ui.widgets.tables import lazy_expander

KEPT = 200  # results, some kB each
CHUNK = 64  # held-out pictures between two steps of the progress bar

Progress = Callable[[float, str], None]


def show_nearest(selection: Selection, draws: Samplings, count: int) -> None:
    """On demand, the samples once more, each with the nearest training picture below it."""
    st.header("Is any of them a copy?", anchor=False)
    st.markdown(
        "A model may draw well because it remembers. Below each sample stands the training picture "
        "that is nearest to it, pixel by pixel."
    )
    wanted = st.toggle(
        "Show the nearest training pictures",
        key="nearest",
        bind="query-params",
        help="Loads what the models were trained on and searches all of it, which takes some "
        "seconds the first time.",
    )
    if wanted:
        _nearest(selection, draws, count)


@st.fragment(parallel=True)
def _nearest(selection: Selection, draws: Samplings, count: int) -> None:
    """Beside the rest of the page, which need not wait for the search."""
    slots = [slot for slot in selection.slots if slot.info in draws]
    bar = st.progress(0.0)
    found: dict[str, tuple[ImageSet, Copies]] = {}
    for number, slot in enumerate(slots):

        def progress(share: float, what: str, number: int = number) -> None:
            bar.progress((number + share) / len(slots), what)

        try:
            copies = _copies_of(slot.info, draws[slot.info], count, progress)
            learned = open_training_images(slot.info)
        except InputError as error:
            st.warning(f"{slot.title}: {error}", icon=":material/image_not_supported:")
            continue
        found[slot.title] = learned, copies
        _show_slot(slot, draws[slot.info], learned, copies)
    bar.empty()
    if found:
        _show_table(found)


def _show_slot(slot: Slot, draw: Sampling, learned: ImageSet, copies: Copies) -> None:
    count = len(copies.distances)
    show_images(
        [
            Sheet(
                sample_sheet(slot.info, draw.prior, draw.seed, count, draw.temperature),
                slot.title,
                slot.colour,
            ),
            Sheet(to_sheet(learned.images(copies.numbers)), "nearest", REAL_COLOUR),
        ],
        count,
        learned.image_shape,
        f"{count} samples of {slot.title}, and below each the nearest training picture",
        key=f"{slot.key}-nearest",
    )
    st.caption(
        f"{copies.verdict()} Median distance: {copies.distances.median():.2f}, "
        f"of held-out pictures {copies.held_out.median():.2f}. A sample is nearer than a held-out "
        f"picture in {copies.closer:.0%} of all pairs; 50% is usual."
    )


def _show_table(found: dict[str, tuple[ImageSet, Copies]]) -> None:
    fold = lazy_expander("The nearest training pictures as a table", "nearest_table")
    if not fold:
        return
    rows = [
        {
            "Samples of": title,
            "Sample": sample,
            "Nearest training picture": number,
            "Its class": learned.class_names[learned.labels[number]],
            "Distance": distance,
            "Held-out pictures as near": as_near,
        }
        for title, (learned, copies) in found.items()
        for sample, (number, distance, as_near) in enumerate(
            zip(
                copies.numbers.tolist(),
                copies.distances.tolist(),
                copies.as_near.tolist(),
                strict=True,
            )
        )
    ]
    fold.dataframe(
        {name: [row[name] for row in rows] for name in rows[0]},
        hide_index=True,
        column_config={
            "Distance": st.column_config.NumberColumn(format="%.2f"),
            "Held-out pictures as near": st.column_config.NumberColumn(format="percent"),
        },
        alt="The nearest training picture of every sample, with its distance",
    )
    fold.caption(
        "Distance is Euclidean, over all pixels and channels in [0, 1]. Held-out pictures are "
        "test pictures, none of them learned from. Pictures are counted from 0."
    )


class _Searches:
    """What all sessions have searched for."""

    def __init__(self) -> None:
        self.copies: Kept[Copies] = Kept(KEPT)
        self.held_out: Kept[Tensor] = Kept(KEPT)
        self.one_at_a_time = threading.Lock()  # training pictures as floats are large


@st.cache_resource
def _searches() -> _Searches:
    return _Searches()


def _copies_of(found: CheckpointInfo, draw: Sampling, count: int, progress: Progress) -> Copies:
    """Searched once for each draw of each content. Raises `InputError`."""
    searches, key = _searches(), (found.digest, draw, count)
    with searches.one_at_a_time:
        return searches.copies.get(
            key, lambda: _search(searches.held_out, found, draw, count, progress)
        )


def _search(
    kept: Kept[Tensor], found: CheckpointInfo, draw: Sampling, count: int, progress: Progress
) -> Copies:
    """`kept` holds how far held-out pictures are from training pictures, as far as is known."""
    # Imported late: few visitors search, and all wait for the first page.
    from ballgen.scores.metrics import closer_than_held_out, nearest

    progress(0.0, "Loading the training pictures …")
    learned, test = open_training_images(found), open_test_images(found.dataset)
    references = learned.images()
    needed = min(HELD_OUT_PER_SAMPLE * count, len(test))
    key = learned.digest, test.digest
    held_out = kept.get(key, lambda: torch.empty(0, dtype=torch.float64))
    for first in range(len(held_out), needed, CHUNK):
        progress(first / needed, f"Searching {len(learned):,} training pictures …")
        rows = slice(first, min(first + CHUNK, needed))
        held_out = torch.cat([held_out, nearest(test.images(rows), references).distances])
    kept.put(key, held_out)
    prior, seed, temperature = draw
    samples = open_checkpoint(found).model.sample(count, seed, prior, temperature)
    distances, numbers = nearest(samples, references)
    held_out = held_out[:needed]
    return Copies(numbers, distances, held_out, closer_than_held_out(distances, held_out))
