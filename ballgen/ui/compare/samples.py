"""Samples of every selected model beside real images, and what they are sampled with."""

from __future__ import annotations

import streamlit as st

from ballgen.checkpoint.folder import Checkpoint
from ballgen.errors import InputError
from ballgen.runs.catalogue import CheckpointInfo, DatasetInfo
from ballgen.ui.compare.data import TEMPERATURES, real_sheet, temperature_film
from ballgen.ui.compare.nearest import show_nearest
from ballgen.ui.compare.report import offer_report
from ballgen.ui.session.loading import (
    Sampling,
    open_checkpoint,
    open_test_images,
    sample_sheet,
)
from ballgen.ui.session.scoring import kid_of, kid_of_real, measure, show_caveats
from ballgen.ui.session.selection import MAX_SELECTED, Selection, Slot
from ballgen.ui.theme import REAL_COLOUR, colour_edges, family_name
from ballgen.ui.widgets.controls import ask_for_prior, ask_for_seed, choose
from ballgen.ui.widgets.images import Follow, Sheet, show_images
from ballgen.ui.widgets.text import plain, show_warning
from ballgen.util.wording import features_meaning, kid_text, prior_meaning, prior_name

COUNTS = (12, 24, 48, 96)  # full lines on every width: twelve divides by 2, 3, 4 and 6
TEMPERATURE = "temperature"  # the slider's key
TOUCHED = f"{TEMPERATURE}-touched"
LARGEST_FILM = 2**20  # pixels; a second of computing for three families
KID = "KID × 1000"
KID_HELP = (
    "Kernel distance between samples and test images in the features of {features}; mean ± "
    "standard deviation over random subsets. Lower is better; the baseline is that of real images "
    "against real ones. The estimate is unbiased, so around zero it may be slightly negative."
)

Samplings = dict[Slot, Sampling]


@st.fragment
def show_samples(selection: Selection) -> None:
    """Samples of every model, what they are sampled with, and the training images nearest to them.

    A setting draws these again, and not the rest of the page, which does not depend on it.
    """
    images, controls, progress = st.container(), st.container(), st.container()
    with controls, st.container(horizontal=True, vertical_alignment="bottom", key="controls"):
        seed = ask_for_seed(help="The same seed gives the same samples again.", width=140)
        count = choose("Images each", COUNTS, "count")
        temperature = st.slider(
            "Temperature",
            min_value=TEMPERATURES[0],
            max_value=TEMPERATURES[-1],
            value=1.0,
            step=0.1,
            key=TEMPERATURE,
            bind="query-params",
            width=220,
            help="Scales the prior's spread: at 0 every code is its mean, above 1 is bolder.",
        )
        beside = st.container(width="content")
        report = st.container(width="content")
    with images:
        samplings = _show_cards(selection, count, seed, round(temperature, 1))
    unmeasured = {
        slot.title: (slot.info, sampling)
        for slot, sampling in samplings.items()
        if (kid := kid_of(slot.info, sampling)) is None or kid.seed != seed
    }
    wanted = beside.button(
        "Measure these samples",
        icon=":material/straighten:",
        key="measure",
        disabled=not unmeasured,
        help="Draws as many samples as there are test images, with this prior, temperature and "
        "seed, and computes their KID. Takes some seconds per family.",
    )
    make_report = offer_report(selection, seed, report)
    show_nearest(samplings, count)
    with progress:  # last, so that the whole page is there while it takes its time
        if wanted:
            measure(unmeasured)
        make_report()


def _show_cards(selection: Selection, count: int, seed: int, temperature: float) -> Samplings:
    """Real images and each model's samples side by side; what each is sampled with."""
    slots = {slot.key: slot for slot in selection.slots}
    colour_edges(
        {"card-real": REAL_COLOUR} | {f"card-{key}": slot.colour for key, slot in slots.items()}
    )
    real, *cards = (
        column.container(
            border=len(slots) < MAX_SELECTED,  # would take the room of a line of images
            height="stretch",
            gap="xsmall",
            key=f"card-{key}",
        )
        for key, column in zip(("real", *slots), st.columns(1 + len(slots)), strict=True)
    )
    with real:
        _show_real(selection.dataset, count)
    samplings: Samplings = {}
    for slot, card in zip(slots.values(), cards, strict=True):
        with card:
            if sampling := _show_slot(selection, slot, count, seed, temperature):
                samplings[slot] = sampling
    for checkpoint in (open_checkpoint(slot.info) for slot in samplings):
        if not (baseline := kid_of_real(checkpoint)):
            continue
        with real:
            st.space("stretch")
            features = features_meaning(checkpoint.scores.get("features", "balls"))
            st.metric(KID, kid_text(*baseline), help=plain(KID_HELP.format(features=features)))
            end = checkpoint.scores.get("kid_mean_image")
            known = "" if end is None else f"; always the mean image: {kid_text(end)}"
            st.caption(f"real vs real: the baseline{plain(known)}")
        break
    return samplings


def _show_real(dataset: DatasetInfo, count: int) -> None:
    st.header("Real", anchor=False)
    st.caption(f"{dataset.count:,} test images")
    count = min(count, dataset.count)
    try:
        sheet = real_sheet(dataset, count)
        digest = open_test_images(dataset).digest
    except InputError as error:
        show_warning(error, icon=":material/image_not_supported:")
        return
    show_images(
        [Sheet(sheet)],
        count,
        dataset.image_shape,
        f"{count} real test images of {dataset.title}",
        key="real-images",
    )
    if digest != dataset.digest:
        st.caption("Not the images that the stored scores were measured on: they have changed.")


def _show_slot(
    selection: Selection, slot: Slot, count: int, seed: int, temperature: float
) -> Sampling | None:
    long = family_name(slot.family).long
    st.header(slot.title, anchor=False)
    st.caption(f"{long}  \n{plain(slot.name)}" if slot.name else long)
    if not slot.info:
        st.info(f"No {slot.title} for these images yet.", icon=":material/hourglass_empty:")
        command = selection.dataset.training_command(slot.family)
        st.code(command, language="bash", wrap_lines=True)
        return None
    name = ", ".join(filter(None, [long or slot.title, slot.name]))
    try:
        images = st.container()
        prior = _ask_for_prior(open_checkpoint(slot.info), slot)
        sampling = Sampling(prior, seed, temperature)
        alt = (
            f"{count} samples of the {name}, sampled with the {prior_name(prior)} prior, "
            f"seed {seed} and temperature {temperature:g}"
        )
        with images:
            _show_images(slot, sampling, count, alt)
    except InputError as error:
        show_warning(error, icon=":material/broken_image:")
        return None
    show_caveats(open_checkpoint(slot.info))
    st.space("stretch")
    _show_kid(slot.info, sampling)
    return sampling


def _show_images(slot: Slot, sampling: Sampling, count: int, alt: str) -> None:
    """The samples, or, once somebody touched the slider, those of all temperatures: a drag then
    needs no server. Where that would be too much, the server answers the end of the drag.

    Other seeds and counts start with the samples alone, which then do not wait for a film.
    """
    shape = slot.info.dataset.image_shape
    small_enough = len(TEMPERATURES) * count * shape[1] * shape[2] <= LARGEST_FILM
    touched = count, sampling.seed

    def touch() -> None:
        st.session_state[TOUCHED] = touched

    if small_enough and st.session_state.get(TOUCHED) == touched:
        sheet = temperature_film(slot.info, sampling.prior, sampling.seed, count)
        frames, ask = len(TEMPERATURES), None
    else:
        sheet = sample_sheet(slot.info, sampling, count)
        frames, ask = 1, touch if small_enough else None
    follow = (Follow(TEMPERATURE, frames),)
    show_images([Sheet(sheet)], count, shape, alt, f"{slot.key}-images", follow, ask)


def _show_kid(info: CheckpointInfo, sampling: Sampling) -> None:
    kid = kid_of(info, sampling)
    st.metric(KID, kid_text(kid.mean, kid.sd) if kid else "not measured")
    if not kid:
        st.caption("at this temperature")
    elif kid.measured:
        st.caption(f"measured now, seed {kid.seed}")
    else:
        st.caption(f"stored with the checkpoint, seed {kid.seed}")


def _ask_for_prior(checkpoint: Checkpoint, slot: Slot) -> str:
    """A prior of this checkpoint; its recipe's own unless somebody chooses."""
    model = checkpoint.model
    own, key = model.recipe.sampling.prior, f"{slot.key}_prior"
    prior = ask_for_prior("Prior", list(model.priors), own, key)
    st.caption(prior_meaning(prior, slot.family, model.gibbs_steps(prior)))
    return prior
