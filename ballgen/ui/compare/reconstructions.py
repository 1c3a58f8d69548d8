"""The same test images, reconstructed by every selected model, with their errors."""

from __future__ import annotations

import streamlit as st

from ballgen.errors import InputError
from ballgen.ui.compare.data import real_sheet
from ballgen.ui.session.loading import open_test_images, reconstructions
from ballgen.ui.session.selection import Selection
from ballgen.ui.theme import REAL_COLOUR
from ballgen.ui.widgets.images import Sheet, show_images
from ballgen.ui.widgets.tables import lazy_expander, show_table
from ballgen.util.wording import listed

MAX_IMAGES = 12


def show_reconstructions(selection: Selection) -> None:
    """The same test images, a row for each model."""
    st.header("Reconstructions of the same test images", anchor=False)
    st.markdown(
        "Each image was encoded and decoded. An autoencoder is trained for just this; a VAE gives "
        "up some sharpness so that codes may be a little off; a GAN is not trained for it: its "
        "encoder guesses a code, and a search improves it."
    )
    _show(selection)


@st.fragment(parallel=True)
def _show(selection: Selection) -> None:
    """Beside the rest of the page, because a GAN's search takes seconds the first time."""
    dataset = selection.dataset
    count = min(MAX_IMAGES, dataset.count)
    with st.skeleton(height=280):
        try:
            rows = [Sheet(real_sheet(dataset, count), "real", REAL_COLOUR)]
        except InputError:
            return  # the message stands above, where the real images would be
        errors: dict[str, list[str]] = {}
        for slot in selection.slots:
            if not slot.info:
                continue
            try:
                sheet, squared_errors = reconstructions(slot.info, count)
            except InputError:
                continue  # the message stands above, where the samples would be
            rows.append(Sheet(sheet, slot.title, slot.colour))
            errors[slot.title] = [f"{sse:.2f}" for sse in squared_errors.tolist()]
        show_images(
            rows,
            count,
            dataset.image_shape,
            f"{count} real test images, and below each its reconstruction by "
            f"{listed(list(errors))}",
            key="reconstructions",
        )
    if expander := lazy_expander("The errors as a table", "reconstructions_table"):
        images = open_test_images(dataset)
        with expander:
            show_table(
                {
                    "Test image": [f"{number}" for number in range(count)],
                    "Class": [images.class_names[label] for label in images.labels[:count]],
                }
                | {f"{title}: SSE": column for title, column in errors.items()},
                alt="Squared error of each reconstruction",
            )
            st.caption("SSE: squared differences, summed over the pixels and channels of an image.")
