"""An own image beside what every model makes of it."""

import streamlit as st
from torch import Tensor

from ballgen.errors import InputError
from ballgen.models import FAMILIES
from ballgen.scores.metrics import psnr, sse
from ballgen.ui.interpolate.data import SEARCH_SECONDS, End, own_code, search_own_code
from ballgen.ui.own_image.data import distance_in_words, error_in_words, map_code, number
from ballgen.ui.session.loading import open_checkpoint
from ballgen.ui.session.missing import offer_training
from ballgen.ui.session.selection import Selection, Slot
from ballgen.ui.theme import colour_edges
from ballgen.ui.widgets.images import Sheet, show_images, to_sheet
from ballgen.ui.widgets.own_image import ask_for_own_image
from ballgen.ui.widgets.text import plain, show_warning
from ballgen.util.palette import REAL_COLOUR

KEY = "own"
SIZE = 128  # px that an image may fill
YOUR_IMAGE = "Your image"


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
        st.caption(plain(f"{shape[2]} × {shape[1]} px, as the models take it."))
    places = {}
    for slot, box in boxes.items():
        with box:
            st.markdown(f"**{slot.title}**", help=plain(slot.name))
            if slot.info:
                places[slot] = st.empty()
            else:
                offer_training(selection.dataset, slot.family, "own")
    shown = []
    for slot in sorted(places, key=lambda slot: FAMILIES[slot.family].searches_codes):
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
    if not FAMILIES[slot.family].searches_codes or own_code(slot.info, end):
        return
    with place.container(gap="xsmall"):
        _show_image(slot, map_code(slot.info, end)[0], "-estimate")
        said = f"Searching for its code, {SEARCH_SECONDS:.0f} s at most …"
        bar = st.progress(0.0, plain(said))
        search_own_code(slot.info, end, lambda share: bar.progress(share, plain(said)))


def _show(slot: Slot, end: End, place: st.delta_generator.DeltaGenerator) -> None:
    """A reconstruction with its error, and how far its code is from those of training."""
    code, original = search_own_code(slot.info, end), end.image(slot.info.dataset)
    with place.container(gap="xsmall"):
        image = _show_image(slot, code)
        error = sse(original, image)
        st.markdown(
            f"PSNR **{psnr(original, image):.1f} dB**  \nSquared error **{plain(number(error))}**"
        )
        try:
            distance = distance_in_words(slot.info, end)
        except InputError as reason:  # too few test images: the reconstruction stands all the same
            distance = str(reason)
        st.caption(plain(f"{error_in_words(slot.info, error)} {distance}"))


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
