"""Which test images each model reconstructs best, middling and worst, and where it errs."""

import streamlit as st

from ballgen.errors import InputError
from ballgen.report.reconstructions import KINDS, PAIRS, Errors, reconstruct
from ballgen.runs.catalogue import CheckpointInfo, DatasetInfo
from ballgen.ui.session.loading import open_checkpoint, open_test_images
from ballgen.ui.session.selection import Slot
from ballgen.ui.theme import colour_edges
from ballgen.ui.widgets.controls import choose, requested, select
from ballgen.ui.widgets.images import Sheet, show_images, to_sheet
from ballgen.ui.widgets.tables import lazy_expander, offer_csv, show_table
from ballgen.ui.widgets.text import escaped, show_warning

ASKED = "reconstructions"
MAX_IMAGES = 480  # that are reconstructed for the page: a second or two for each model
MAX_CACHED = 12
EVERY, GAIN = "all", 4
SIZE = 64  # px that an image may fill


@st.cache_resource(max_entries=MAX_CACHED, show_spinner=False)
def reconstruction_errors(info: CheckpointInfo) -> Errors:
    """Test images, every class in its share, and their reconstructions. Raises `InputError`."""
    images = open_test_images(info.dataset)
    return reconstruct(open_checkpoint(info).model, images, limit=MAX_IMAGES)


def show_reconstructions(dataset: DatasetInfo, slots: list[Slot]) -> None:
    """Of every model the best, median or worst ones: original, reconstruction and error."""
    st.markdown(
        "An AE is trained for just this; a VAE decodes noisy codes in training, which costs some "
        "sharpness; a GAN is not trained for it: its encoder estimates a code, and a search "
        "improves it."
    )
    if not requested(ASKED, "Reconstruct more images", "It takes some seconds the first time."):
        return
    try:
        names = open_test_images(dataset).class_names
    except InputError:
        return  # the message stands below the figure
    with st.container(horizontal=True):
        kind = choose("Which", KINDS, "kind", KINDS[-1])
        shown = select("Class", [EVERY, *names], "of_class", width=160)
    st.caption(f"From top to bottom: original, reconstruction, and {GAIN} × their difference.")
    label = names.index(shown) if shown in names else None
    columns = st.columns(max(1, len(slots)))
    colour_edges({f"errors-{slot.key}": slot.colour for slot in slots})
    tables = {}
    for slot, column in zip(slots, columns, strict=False):
        with column.container(key=f"errors-{slot.key}"), st.spinner("Reconstructing …"):
            try:
                errors = _of_class(reconstruction_errors(slot.info), label)
            except InputError as error:
                show_warning(error, icon=":material/broken_image:")
                continue
            tables[slot.title] = _show(slot, errors, kind)
    if tables and (expander := lazy_expander("The errors as a table", "reconstructions_table")):
        with expander:
            _show_table(names, tables)


def _of_class(errors: Errors, label: int | None) -> Errors:
    if label is None:
        return errors
    rows = (errors.images.labels == label).nonzero()[:, 0]
    return Errors(errors.images.subset(rows), errors.reconstructed[rows], errors.sse[rows])


def _show(slot: Slot, errors: Errors, kind: str) -> tuple[list[str], list[str]]:
    """The images of one kind; their classes and errors."""
    rows = errors.ranked().get(kind, errors.sse.argsort()[:PAIRS])
    images, back, sse = errors.images.images(rows), errors.reconstructed[rows], errors.sse[rows]
    st.markdown(f"**{slot.title}**: {escaped(kind)} of {len(errors.sse):,}")
    error = (GAIN * (back - images).abs()).clamp(0, 1)
    show_images(
        [Sheet(to_sheet(row)) for row in (images, back, error)],
        len(rows),
        slot.info.dataset.image_shape,
        f"{slot.title}: {len(rows)} test images, below each its reconstruction and, {GAIN} times "
        "as bright, the absolute error of each pixel and channel",
        key=f"{slot.key}-errors",
        size=SIZE,
    )
    found = [f"{error:.3g}" for error in sse.tolist()]
    st.caption(escaped(f"Squared error per image: {', '.join(found)}"))
    return [errors.images.class_names[label] for label in errors.images.labels[rows]], found


def _show_table(names: tuple[str, ...], tables: dict[str, tuple[list[str], list[str]]]) -> None:
    rows = [
        (title, name, error)
        for title, (classes, errors) in tables.items()
        for name, error in zip(classes, errors, strict=True)
    ]
    header = ("Model", "Class", "Squared error")
    columns = dict(zip(header, map(list, zip(*rows, strict=True)), strict=True))
    show_table(columns, alt="Squared error of each reconstruction that is shown")
    st.caption("Squared differences, summed over the pixels and channels of an image.")
    offer_csv((header, *rows), "reconstructions")
