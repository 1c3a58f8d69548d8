"""Samples of every selected model beside real pictures, and what they are drawn with."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ballgen.checkpoint.folder import Checkpoint
from ballgen.errors import InputError
from ballgen.runs.catalogue import CheckpointInfo
from ballgen.ui.compare.nearest import show_nearest
from ballgen.ui.session.loading import (
    film_sheet,
    open_checkpoint,
    open_test_images,
    real_sheet,
    sample_sheet,
)
from ballgen.ui.session.scoring import Sampling, Samplings, kid_of, kid_of_real, measure, unmeasured
from ballgen.ui.session.selection import MAX_SELECTED, Selection, Slot
from ballgen.ui.theme import REAL_COLOUR, colour_edges, family_name
from ballgen.ui.widgets.controls import ask_for_seed
from ballgen.ui.widgets.images import Follow, Sheet, show_images
from ballgen.util.wording import prior_meaning, prior_name, thousandths

COUNTS = (12, 24, 48, 96)  # full lines on every width: twelve divides by 2, 3, 4 and 6
TEMPERATURES = tuple(step / 10 for step in range(16))
TEMPERATURE = "temperature"  # the slider's key
TOUCHED = f"{TEMPERATURE}-touched"
LARGEST_FILM = 2**20  # pixels; a second of computing for three families
KID = "KID × 1000"
KID_HELP = (
    "Kernel distance between samples and test pictures, in the features of a small network of our "
    "own, not of Inception; mean ± standard deviation over random subsets. Lower is better; real "
    "images against real ones give the baseline. The estimate is unbiased, so around zero it may "
    "be slightly negative."
)


class Settings(NamedTuple):
    """What all families are drawn with alike."""

    count: int
    seed: int
    temperature: float


@st.fragment
def show_samples(selection: Selection) -> None:
    """Everyone's samples, what they are drawn with, and their nearest training pictures.

    A setting draws these again, and not the rest of the page, which does not depend on it.
    """
    pictures, controls, progress = st.container(), st.container(), st.container()
    with controls:
        settings, beside = _ask_how_to_draw()
    with pictures:
        draws = _show_cards(selection, settings)
    with beside:
        wanted = _offer_measuring(draws)
    show_nearest(selection, draws, settings.count)
    if wanted:  # last, so that all of it stands while it takes its time
        with progress:
            _measure_samples(selection, draws)


def _ask_how_to_draw() -> tuple[Settings, DeltaGenerator]:
    """The settings, which are kept in the link, and the place for a button beside them."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="controls"):
        seed = ask_for_seed(help="The same seed draws the same samples again.", width=140)
        count = st.segmented_control(
            "Pictures each",
            COUNTS,
            default=COUNTS[0],
            required=True,
            key="count",
            bind="query-params",
        )
        temperature = st.slider(
            "Temperature",
            min_value=TEMPERATURES[0],
            max_value=TEMPERATURES[-1],
            value=1.0,
            step=0.1,
            key=TEMPERATURE,
            bind="query-params",
            width=220,
            help="Scales the prior's spread: at 0 every code is its centre, above 1 is bolder.",
        )
        beside = st.container(width="content")
    return Settings(count, seed, round(temperature, 1)), beside


def _show_cards(selection: Selection, settings: Settings) -> Samplings:
    """Real pictures and everyone's samples side by side; returns what each was drawn with."""
    colour_edges(
        {"card-real": REAL_COLOUR} | {f"card-{slot.key}": slot.colour for slot in selection.slots}
    )
    first, *columns = st.columns(1 + len(selection.slots))
    boxed = len(selection.slots) < MAX_SELECTED  # a box would take the room of a line of pictures
    with first:
        real = _card("real", boxed)
    with real:
        _show_real(selection, settings.count)
    draws: dict[CheckpointInfo, Sampling] = {}
    for slot, column in zip(selection.slots, columns, strict=True):
        with column, _card(slot.key, boxed):
            if draw := _show_slot(selection, slot, settings):
                draws[slot.info] = draw
    baselines = (kid_of_real(open_checkpoint(found)) for found in draws)
    if baseline := next(filter(None, baselines), None):
        with real:
            _show_baseline(*baseline)
    return draws


def _card(name: str, boxed: bool) -> DeltaGenerator:
    return st.container(border=boxed, height="stretch", gap="xsmall", key=f"card-{name}")


def _show_real(selection: Selection, count: int) -> None:
    pictures = selection.dataset
    st.header("Real", anchor=False)
    st.caption(f"{pictures.count:,} test pictures")
    count = min(count, pictures.count)
    try:
        sheet = real_sheet(pictures, count)
        digest = open_test_images(pictures).digest
    except InputError as error:
        st.warning(str(error), icon=":material/image_not_supported:")
        return
    show_images(
        [Sheet(sheet)],
        count,
        pictures.image_shape,
        f"{count} real test pictures of {pictures.title}",
        key="real-pictures",
    )
    if digest != pictures.digest:
        st.caption("Not the pictures that the stored figures were measured on: they have changed.")


def _show_baseline(mean: float, sd: float) -> None:
    st.space("stretch")
    st.metric(KID, thousandths(mean, sd), help=KID_HELP)
    st.caption("real images against real ones")


def _show_slot(selection: Selection, slot: Slot, settings: Settings) -> Sampling | None:
    found = slot.info
    long = family_name(slot.family).long
    who = ", ".join(filter(None, [long or slot.title, slot.name]))
    count, seed, temperature = settings
    st.header(slot.title, anchor=False)
    st.caption("  \n".join(filter(None, [long, slot.name])))
    if not found:
        st.info(f"No {slot.title} for these pictures yet.", icon=":material/hourglass_empty:")
        st.code(selection.dataset.training_command(slot.family), language="bash", wrap_lines=True)
        return None
    try:
        checkpoint = open_checkpoint(found)
        pictures = st.container()
        prior = _ask_for_prior(checkpoint, slot)
        draw = Sampling(prior, seed, temperature)
        with pictures:
            sheet, follow = _sheet_or_film(checkpoint, slot, draw, count)
            show_images(
                [Sheet(sheet)],
                count,
                checkpoint.model.image_shape,
                f"{count} samples of the {who}, drawn from the {prior_name(prior)} prior "
                f"with seed {seed} and temperature {temperature:g}",
                key=f"{slot.key}-pictures",
                follow=follow,
            )
    except InputError as error:
        st.warning(str(error), icon=":material/broken_image:")
        return None
    st.space("stretch")
    _show_kid(found, draw)
    return draw


def _sheet_or_film(
    checkpoint: Checkpoint, slot: Slot, draw: Sampling, count: int
) -> tuple[bytes, Follow]:
    """The samples, or, once the slider has been touched, those of all temperatures: a drag then
    asks nobody. Where that would be too much, the slider's end alone is answered.

    Other seeds and counts are asked for anew, so that their samples do not wait for a film.
    """
    found, (prior, seed, temperature) = slot.info, draw
    _, height, width = checkpoint.model.image_shape
    small_enough = len(TEMPERATURES) * count * height * width <= LARGEST_FILM
    if small_enough and st.session_state.get(TOUCHED) == (count, seed):
        sheet = film_sheet(found, prior, seed, count, TEMPERATURES)
        return sheet, Follow(TEMPERATURE, len(TEMPERATURES))

    def touch() -> None:
        st.session_state[TOUCHED] = count, seed

    sheet = sample_sheet(found, prior, seed, count, temperature)
    return sheet, Follow(TEMPERATURE, ask=touch if small_enough else None)


def _show_kid(found: CheckpointInfo, draw: Sampling) -> None:
    kid = kid_of(found, draw)
    st.metric(KID, thousandths(kid.mean, kid.sd) if kid else "not measured")
    if not kid:
        st.caption("of this temperature")
    elif kid.measured:
        st.caption(f"measured now, seed {kid.seed}")
    else:
        st.caption(f"stored with the checkpoint, seed {kid.seed}")


def _ask_for_prior(checkpoint: Checkpoint, slot: Slot) -> str:
    """A prior of this checkpoint; its recipe's own unless somebody chooses."""
    model = checkpoint.model
    names = {prior_name(prior): prior for prior in model.priors}
    own = prior_name(model.recipe.prior)
    chosen = st.selectbox(
        "Prior",
        list(names),
        index=list(names).index(own) if own in names else 0,
        key=f"{slot.key}_prior",
        bind="query-params",
        filter_mode=None,
    )
    prior = names.get(chosen, "normal")
    st.caption(prior_meaning(prior, slot.family, model.recipe.refine))
    return prior


def _offer_measuring(draws: Samplings) -> bool:
    """A button, of use where a figure on the page is not that of the samples above it."""
    return st.button(
        "Measure these samples",
        icon=":material/straighten:",
        key="measure",
        disabled=not unmeasured(draws),
        help="Draws as many samples as there are test pictures, with this prior, temperature and "
        "seed, and computes their KID. Takes some seconds per family.",
    )


def _measure_samples(selection: Selection, draws: Samplings) -> None:
    """Measure what the button promised, show how far it is, and start over with the figures."""
    wanted = unmeasured(draws)
    titles = {slot.info: slot.title for slot in selection.slots}
    bar = st.progress(0.0)

    def progress(done: int, found: CheckpointInfo) -> None:
        bar.progress(done / len(wanted), f"Measuring {titles[found]} …")

    try:
        measure(wanted, progress)
    except InputError as error:
        bar.empty()
        st.warning(str(error), icon=":material/straighten:")
    else:
        st.rerun()
