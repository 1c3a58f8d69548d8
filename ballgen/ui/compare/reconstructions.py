"""The same test pictures as every selected model rebuilds them, and by how much each missed."""

from __future__ import annotations

import streamlit as st
from torch import Tensor

from ballgen.errors import InputError
from ballgen.ui.session.loading import (
    open_test_images,
    real_sheet,
    reconstruction_sheet,
    reconstructions,
)
from ballgen.ui.session.selection import Selection
from ballgen.ui.theme import REAL_COLOUR
from ballgen.ui.widgets.images import Sheet, show_images
from ballgen.ui.widgets.tables import lazy_expander
from ballgen.util.wording import listed

REBUILT = 12


def show_rebuilt(selection: Selection) -> None:
    """The same test pictures in everyone's words, one below the other."""
    st.header("The same test pictures, rebuilt", anchor=False)
    st.markdown(
        "Each picture became a code and came back. An autoencoder is trained for just this; a VAE "
        "gives up some sharpness so that codes may be a little off; a GAN is not trained for it: "
        "its encoder guesses a code, and a search improves it."
    )
    _rebuilt(selection)


@st.fragment(parallel=True)
def _rebuilt(selection: Selection) -> None:
    """Beside the rest of the page, because a GAN's search takes seconds the first time."""
    pictures = selection.dataset
    count = min(REBUILT, pictures.count)
    with st.skeleton(height=280):
        try:
            rows = [Sheet(real_sheet(pictures, count), "real", REAL_COLOUR)]
        except InputError:
            return  # said above, where the real pictures would be
        errors: dict[str, Tensor] = {}
        for slot in selection.slots:
            if not slot.info:
                continue
            try:
                sheet = reconstruction_sheet(slot.info, count)
            except InputError:
                continue  # said above, where the samples would be
            rows.append(Sheet(sheet, slot.title, slot.colour))
            rebuilt = reconstructions(slot.info, count)
            originals = open_test_images(pictures).images(slice(0, count))
            errors[slot.title] = (rebuilt - originals).square().sum((1, 2, 3))
        show_images(
            rows,
            count,
            pictures.image_shape,
            f"{count} real test pictures, and below each what {listed(list(errors))} rebuilt of it",
            key="rebuilt-pictures",
        )
    _show_errors(selection, errors)


def _show_errors(selection: Selection, errors: dict[str, Tensor]) -> None:
    if fold := lazy_expander("The rebuilt pictures as a table", "rebuilt_table"):
        images = open_test_images(selection.dataset)
        count = min(REBUILT, selection.dataset.count)
        fold.table(
            {
                "Test picture": [f"{number}" for number in range(count)],
                "Class": [images.class_names[label] for label in images.labels[:count]],
            }
            | {
                f"{title}: squared error": [f"{error:.2f}" for error in column.tolist()]
                for title, column in errors.items()
            },
            border="horizontal",
            hide_index=True,
            alt="How far each rebuilt picture is from its original",
        )
        fold.caption("Squared differences, summed over the pixels and channels of a picture.")
