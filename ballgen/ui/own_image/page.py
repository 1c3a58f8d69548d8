"""An own image beside what every model makes of it: neighbours, a map, the way to another."""

import streamlit as st
from torch import Tensor

from ballgen.errors import InputError
from ballgen.models import FAMILIES
from ballgen.scores.metrics import psnr, sse
from ballgen.ui.interpolate.data import SEARCH_SECONDS, End, Line, own_code, search_own_code
from ballgen.ui.interpolate.views import LAST, ask_for_path, show_line
from ballgen.ui.latent.controls import View
from ballgen.ui.latent.data import embedded_images
from ballgen.ui.latent.fitting import fit_map
from ballgen.ui.latent.map import show_map
from ballgen.ui.latent.points import CLASS
from ballgen.ui.own_image.data import (
    MAP,
    coordinates,
    distance_in_words,
    error_in_words,
    map_code,
    neighbours,
    number,
    pixel_neighbours,
)
from ballgen.ui.session.loading import open_checkpoint
from ballgen.ui.session.selection import Selection, Slot, offer_training
from ballgen.ui.theme import colour_edges
from ballgen.ui.widgets.controls import ask_for_number, choose
from ballgen.ui.widgets.images import Sheet, show_images, to_sheet
from ballgen.ui.widgets.own_image import ask_for_own_image
from ballgen.ui.widgets.tables import show_table
from ballgen.ui.widgets.text import escaped, show_warning
from ballgen.util.palette import REAL_COLOUR

KEY = "own"
SIZE = 128  # px that an image may fill
YOUR_IMAGE = "Your image"
PIXELS = "pixels"
ESTIMATED = "A GAN's codes are its encoder's estimates here, for your image as for the others."


def ask_for_image(selection: Selection) -> End | None:
    """An image of one's own, as the selected models take it; None while there is none."""
    pixels = ask_for_own_image(KEY, selection.dataset.image_shape, alone=True)
    return None if pixels is None else End("own image", content=pixels.tobytes())


def show_reconstructions(selection: Selection, end: End) -> list[Slot]:
    """The image and its reconstructions side by side; gives the models that have one.

    Those that search for its code come last, so that the others need not wait.
    """
    columns = st.columns(1 + len(selection.slots))
    boxes = {
        slot: column.container(border=True, height="stretch", gap="xsmall", key=f"own-{slot.key}")
        for slot, column in zip(selection.slots, columns[1:], strict=True)
    }
    colour_edges({f"own-{slot.key}": slot.colour for slot in boxes} | {"own-original": REAL_COLOUR})
    shape = selection.dataset.image_shape
    with columns[0].container(border=True, height="stretch", gap="xsmall", key="own-original"):
        st.markdown(f"**{YOUR_IMAGE}**")
        image = end.image(selection.dataset)
        show_images([Sheet(to_sheet(image))], 1, shape, YOUR_IMAGE, "own-image", size=SIZE)
        st.caption(escaped(f"{shape[2]} × {shape[1]} px, as the models take it."))
    places = {}
    for slot, box in boxes.items():
        with box:
            st.markdown(f"**{slot.title}**", help=escaped(slot.name))
            if slot.info:
                places[slot] = st.empty()
            else:
                offer_training(selection.dataset, slot.family, "own")
    shown = []
    for slot in sorted(places, key=lambda slot: FAMILIES[slot.family].needs_inversion):
        try:
            _search(slot, end, places[slot])
            _show(slot, end, places[slot])
            shown.append(slot)
        except InputError as error:
            with places[slot]:
                show_warning(error, icon=":material/broken_image:")
    return [slot for slot in places if slot in shown]


def _search(slot: Slot, end: End, place: st.delta_generator.DeltaGenerator) -> None:
    """Find the code, and show the encoder's estimate meanwhile."""
    if not FAMILIES[slot.family].needs_inversion or own_code(slot.info, end):
        return
    with place.container(gap="xsmall"):
        _show_image(slot, map_code(slot.info, end)[0], "-estimate")
        said = f"Searching for its code, {SEARCH_SECONDS:.0f} s at most …"
        bar = st.progress(0.0, escaped(said))
        search_own_code(slot.info, end, lambda share: bar.progress(share, escaped(said)))


def _show(slot: Slot, end: End, place: st.delta_generator.DeltaGenerator) -> None:
    """A reconstruction with its error, and how far its code is from those of training."""
    code, original = search_own_code(slot.info, end), end.image(slot.info.dataset)
    with place.container(gap="xsmall"):
        image = _show_image(slot, code)
        error = sse(original, image)
        st.markdown(
            f"PSNR **{psnr(original, image):.1f} dB**  \nSquared error **{escaped(number(error))}**"
        )
        try:
            distance = distance_in_words(slot.info, end)
        except InputError as reason:  # too few test images: the reconstruction stands all the same
            distance = str(reason)
        st.caption(escaped(f"{error_in_words(slot.info, error)} {distance}"))


def _show_image(slot: Slot, code: Tensor, suffix: str = "") -> Tensor:
    """Shows what a code (D,) decodes to; gives it, (1, C, H, W)."""
    image = open_checkpoint(slot.info).model.decode(code[None])
    show_images(
        [Sheet(to_sheet(image))],
        1,
        slot.info.dataset.image_shape,
        f"What the {slot.title} makes of your image",
        f"own-{slot.key}-image{suffix}",
        size=SIZE,
    )
    return image


def show_details(selection: Selection, slots: list[Slot], end: End) -> None:
    """One of the views, the chosen one. Raises `InputError`."""
    views = {"Neighbours": _show_neighbours, "Map": _show_map, "Interpolate": _show_interpolation}
    views[choose("Details", list(views), "own_view", label_visibility="collapsed")](
        selection, slots, end
    )


def _show_neighbours(selection: Selection, slots: list[Slot], end: End) -> None:
    images = embedded_images(selection.dataset)
    found = {PIXELS: (pixel_neighbours(slots[0].info, end), REAL_COLOUR)} | {
        slot.title: (neighbours(slot.info, end), slot.colour) for slot in slots
    }
    rows = [
        Sheet(to_sheet(images.images(near.indices[0])), title, colour)
        for title, (near, colour) in found.items()
    ]
    count = len(found[PIXELS][0].indices[0])
    alt = f"The {count} test images that are nearest to your image, by pixels and by every model"
    show_images(rows, count, selection.dataset.image_shape, alt, key="own-neighbours")
    st.caption(
        f"Nearest of {len(images):,} test images first: by pixels, and by the codes of each "
        f"model. The nearest may still be far. {escaped(_estimated(slots))}"
    )
    show_table(
        {"Nearest": [f"{rank + 1}" for rank in range(count)]}
        | {
            title: [
                f"{distance:.2f} ({images.class_names[images.labels[row]]})"
                for distance, row in zip(
                    near.distances[0].tolist(), near.indices[0].tolist(), strict=True
                )
            ]
            for title, (near, _) in found.items()
        },
        alt="Distances to the nearest test images, and their classes",
    )


def _show_map(selection: Selection, slots: list[Slot], end: End) -> None:
    titles = {slot.title: slot for slot in slots}
    slot = titles[choose("Model", list(titles), "own_model")]
    view = View(slot.info, MAP, CLASS, True, False, (), None, coordinates(slot.info, end))
    show_map(view, fit_map(slot.info, MAP), [], key="own-map")
    st.caption(
        "The red ring is your image. The map shows only two directions: what looks near may "
        f"be far in the others. {escaped(_estimated([slot]))}"
    )


def _show_interpolation(selection: Selection, slots: list[Slot], end: End) -> None:
    images, below = st.container(), st.container(horizontal=True, vertical_alignment="bottom")
    count = selection.dataset.count
    with below:
        number = ask_for_number("To test image", 0, count - 1, LAST % count, "own_to", width=140)
        kind = ask_for_path()
        downloads = st.container(width="content")
    show_line(selection, Line(end, End("test image", number), kind), images, downloads)


def _estimated(slots: list[Slot]) -> str:
    searched = any(open_checkpoint(slot.info).model.needs_inversion for slot in slots)
    return ESTIMATED if searched else ""
