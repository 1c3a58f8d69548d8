"""The training image that is nearest to each sample, shown below it."""

import streamlit as st

from ballgen.data.imageset import ImageSet
from ballgen.errors import InputError
from ballgen.scores.verdicts import copying
from ballgen.ui.compare.data import Copies, find_copies
from ballgen.ui.session.loading import Sampling, open_checkpoint, open_training_images, sample_sheet
from ballgen.ui.session.scoring import show_verdict
from ballgen.ui.session.selection import Slot
from ballgen.ui.widgets.controls import requested
from ballgen.ui.widgets.images import Sheet, show_images, to_sheet
from ballgen.ui.widgets.tables import lazy_expander
from ballgen.ui.widgets.text import show_warning
from ballgen.util.palette import REAL_COLOUR

ASKED = "nearest"
AS_NEAR = "Held-out images as near"


def show_nearest(samplings: dict[Slot, Sampling], count: int) -> None:
    """On demand, the samples once more, each with the nearest training image below it."""
    st.markdown(
        "A model may draw well because it memorised its training images. Below each sample is the "
        "training image that is nearest to it, pixel by pixel."
    )
    if requested(ASKED, "Search", "It takes some seconds the first time."):
        _show(samplings, count)


@st.fragment(parallel=True)
def _show(samplings: dict[Slot, Sampling], count: int) -> None:
    """Beside the rest of the page, which need not wait for the search."""
    bar = st.progress(0.0)
    results: dict[str, tuple[ImageSet, Copies]] = {}
    for number, (slot, sampling) in enumerate(samplings.items()):

        def progress(share: float, text: str, number: int = number) -> None:
            bar.progress((number + share) / len(samplings), text)

        try:
            copies = find_copies(slot.info, sampling, count, progress)
            training = open_training_images(slot.info)
        except InputError as error:
            show_warning(f"{slot.title}: {error}", icon=":material/image_not_supported:")
            continue
        results[slot.title] = training, copies
        _show_slot(slot, sampling, training, copies)
    bar.empty()
    if results and (expander := lazy_expander("The distances as a table", "nearest_table")):
        with expander:
            _show_table(results)


def _show_slot(slot: Slot, sampling: Sampling, training: ImageSet, copies: Copies) -> None:
    count = len(copies.distances)
    show_images(
        [
            Sheet(sample_sheet(slot.info, sampling, count), slot.title, slot.colour),
            Sheet(to_sheet(training.images(copies.numbers)), "nearest", REAL_COLOUR),
        ],
        count,
        training.image_shape,
        f"{count} samples of {slot.title}, and below each the nearest training image",
        key=f"{slot.key}-nearest",
    )
    checkpoint = open_checkpoint(slot.info)
    figures = checkpoint.figures | copies.figures | {"prior": sampling.prior}
    show_verdict(copying(figures, checkpoint.model.family))
    st.caption(
        f"Median distance to the nearest training image: {copies.distances.median():.2f} of "
        f"samples, {copies.held_out.median():.2f} of held-out images, {copies.mean_image:.2f} of "
        "the mean image."
    )


def _show_table(results: dict[str, tuple[ImageSet, Copies]]) -> None:
    import pandas as pd  # late: it takes half a second, and all wait for the first page

    tables = [
        pd.DataFrame(
            {
                "Samples of": title,
                "Sample": range(len(copies.numbers)),
                "Nearest training image": copies.numbers.tolist(),
                "Its class": [
                    training.class_names[label] for label in training.labels[copies.numbers]
                ],
                "Distance": copies.distances.tolist(),
                AS_NEAR: copies.as_near.tolist(),
            }
        )
        for title, (training, copies) in results.items()
    ]
    st.dataframe(
        pd.concat(tables),
        hide_index=True,
        column_config={
            "Distance": st.column_config.NumberColumn(format="%.2f"),
            AS_NEAR: st.column_config.NumberColumn(format="percent"),
        },
        alt="The nearest training image of every sample, with its distance",
    )
    st.caption(
        "Euclidean distance over all pixels and channels in [0, 1]. Held-out images are test "
        "images, which no model was trained on. Images are counted from 0."
    )
