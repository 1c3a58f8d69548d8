"""The page Terms: a card for each entry of the table."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ballgen.errors import InputError
from ballgen.runs.catalogue import CheckpointInfo
from ballgen.ui.session.loading import open_checkpoint, open_test_images
from ballgen.ui.session.selection import Selection
from ballgen.ui.shell import ENTRIES as PAGES
from ballgen.ui.shell import FOLDER
from ballgen.ui.terms.entries import ENTRIES, Entry
from ballgen.ui.theme import family_colour, room
from ballgen.ui.widgets.controls import choose
from ballgen.ui.widgets.images import Sheet, show_images, to_sheet
from ballgen.ui.widgets.text import plain, show_warning

ABREAST = 2
MAX_ILLUSTRATIONS = 200  # some 10 kB each
SIZE, WIDE = 64, 384  # px that an image may fill, and an illustration that is no row of images
BY_NAME = {entry.term: entry for entry in ENTRIES}


@st.cache_data(max_entries=MAX_ILLUSTRATIONS, show_spinner=False)
def illustration(info: CheckpointInfo, term: str) -> tuple[dict[str, bytes], tuple[int, ...], str]:
    """Sheets by their labels, the shape (N, C, H, W) of each, and the caption.

    Takes seconds where a GAN searches for codes. Raises `InputError`.
    """
    rows, caption = BY_NAME[term].draw(open_checkpoint(info), open_test_images(info.dataset))
    count = min(map(len, rows.values()))  # there may be fewer test images than samples
    shape = count, *next(iter(rows.values())).shape[1:]
    return {label: to_sheet(row[:count]) for label, row in rows.items()}, shape, caption


def show_terms(selection: Selection) -> None:
    """Every term with the illustration that one of the models makes."""
    models = {slot.title: slot.info for slot in selection.slots if slot.info}
    titles = list(models)
    first = "VAE" if "VAE" in titles else titles[0]
    info = models[choose("Illustrations by", titles, "family", first)]
    places: dict[Entry, DeltaGenerator] = {}
    for number, entry in enumerate(ENTRIES):
        if number % ABREAST == 0:
            columns = st.columns(ABREAST)
        with columns[number % ABREAST].container(border=True, height="stretch"):
            st.subheader(plain(entry.term), anchor=False)
            st.markdown(plain(entry.text))
            places[entry] = room(f"lines-{entry.lines}-{number}", gap="xsmall")
            _link(entry)
    for entry, place in places.items():  # so that all words are there while illustrations are made
        with place:
            _show_illustration(info, entry)


def _link(entry: Entry) -> None:
    page = next(one for one in PAGES if one.name == entry.page)
    tab = [entry.tab] if entry.tab else None
    icon = f":material/{page.icon}:"
    st.page_link(FOLDER / f"{page.name}.py", label=plain(page.title), icon=icon, query_params=tab)


def _show_illustration(info: CheckpointInfo, entry: Entry) -> None:
    try:
        rows, (count, *shape), caption = illustration(info, entry.term)
    except InputError as error:
        show_warning(error, icon=":material/image_not_supported:")
        return
    colour = family_colour(info.family)
    show_images(
        [Sheet(content, label, colour) for label, content in rows.items()],
        count,
        tuple(shape),
        f"{entry.term}: {', '.join(filter(None, rows)) or caption}, by {info.name}",
        key=f"term-{ENTRIES.index(entry)}",
        size=WIDE if count == 1 else SIZE,
    )
    if caption:
        st.caption(plain(caption))
