"""The parts of the page that compares the families."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ballgen.checkpoints import Checkpoint
from ballgen.errors import InputError
from ballgen.ui.loading import (
    open_checkpoint,
    open_test_pictures,
    real_sheet,
    rebuilt_sheet,
    sample_sheet,
)
from ballgen.ui.pictures import Row, show_pictures
from ballgen.ui.scoring import Draw, Draws, floor_of, kid_of, measure, unmeasured
from ballgen.ui.shelf import Found
from ballgen.ui.stage import Stage
from ballgen.ui.theme import REAL_COLOUR, colour_edges, family_colour, family_name
from ballgen.ui.words import listed, prior_meaning, prior_name, thousandths

COUNTS = (12, 24, 48, 96)  # full lines on every width: twelve divides by 2, 3, 4 and 6
REBUILT = 12
LAST_SEED = 2**31 - 1
KID = "KID × 1000"
KID_HELP = (
    "Kernel inception distance between samples and test pictures, mean ± standard deviation over "
    "random subsets: lower is better, and real pictures against real ones give the floor."
)


class Settings(NamedTuple):
    """What all families are drawn with alike."""

    count: int
    seed: int
    temperature: float


def ask_how_to_draw() -> tuple[Settings, DeltaGenerator]:
    """The settings, which are kept in the link, and the place for a button beside them."""
    with st.container(horizontal=True, gap="medium", key="controls"):
        seed = st.number_input(
            "Seed",
            min_value=0,
            max_value=LAST_SEED,
            value=0,
            key="seed",
            bind="query-params",
            width=140,
            help="The same seed draws the same samples again.",
        )
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
            min_value=0.0,
            max_value=1.5,
            value=1.0,
            step=0.1,
            key="temperature",
            bind="query-params",
            width=240,
            help="Scales the prior's spread: at 0 every code is its centre, above 1 is bolder.",
        )
        beside = st.container(width="content")
    return Settings(count, seed, round(temperature, 1)), beside


def show_samples(stage: Stage, settings: Settings) -> Draws:
    """Real pictures and each family's samples side by side; returns what each was drawn with."""
    families = list(stage.checkpoints)
    colour_edges(
        {"card-real": REAL_COLOUR} | {f"card-{name}": family_colour(name) for name in families}
    )
    first, *columns = st.columns(1 + len(families))
    with first:
        real = _card("real")
    with real:
        _show_real(stage, settings.count)
    draws: dict[Found, Draw] = {}
    for family, column in zip(families, columns, strict=True):
        with column, _card(family):
            if draw := _show_family(stage, family, settings):
                draws[stage.checkpoints[family]] = draw
    floors = (floor_of(open_checkpoint(found)) for found in draws)
    if floor := next(filter(None, floors), None):
        with real:
            _show_floor(*floor)
    return draws


def _card(name: str) -> DeltaGenerator:
    return st.container(border=True, height="stretch", gap="xsmall", key=f"card-{name}")


def _show_real(stage: Stage, count: int) -> None:
    pictures = stage.pictures
    st.header("Real", anchor=False)
    st.caption(f"{pictures.count:,} test pictures")
    count = min(count, pictures.count)
    try:
        sheet = real_sheet(pictures, count)
        digest = open_test_pictures(pictures).digest
    except InputError as error:
        st.warning(str(error), icon=":material/image_not_supported:")
        return
    show_pictures(
        [Row(sheet)],
        count,
        pictures.image_shape,
        f"{count} real test pictures of {pictures.title}",
        key="real-pictures",
    )
    if digest != pictures.digest:
        st.caption("Not the pictures that the stored figures were measured on: they have changed.")


def _show_floor(mean: float, sd: float) -> None:
    st.space("stretch")
    st.metric(KID, thousandths(mean, sd), help=KID_HELP)
    st.caption("real against real: the floor")


def _show_family(stage: Stage, family: str, settings: Settings) -> Draw | None:
    found = stage.checkpoints[family]
    short, long = family_name(family)
    count, seed, temperature = settings
    st.header(short, anchor=False)
    st.caption(long)
    if not found:
        st.info(f"No {short} for these pictures yet.", icon=":material/hourglass_empty:")
        st.code(stage.pictures.training_command(family), language="bash", wrap_lines=True)
        return None
    try:
        checkpoint = open_checkpoint(found)
        place = st.container()
        prior = _ask_for_prior(checkpoint, family)
        draw = Draw(prior, seed, temperature)
        with place:
            show_pictures(
                [Row(sample_sheet(found, prior, seed, count, temperature))],
                count,
                checkpoint.model.image_shape,
                f"{count} samples of the {long or short}, drawn from the {prior_name(prior)} prior "
                f"with seed {seed} and temperature {temperature:g}",
                key=f"{family}-pictures",
            )
    except InputError as error:
        st.warning(str(error), icon=":material/broken_image:")
        return None
    st.space("stretch")
    _show_kid(found, draw)
    return draw


def _show_kid(found: Found, draw: Draw) -> None:
    kid = kid_of(found, draw)
    st.metric(KID, thousandths(kid.mean, kid.sd) if kid else "not measured")
    if not kid:
        st.caption("of this temperature")
    elif kid.measured:
        st.caption(f"measured now, seed {kid.seed}")
    else:
        st.caption(f"stored with the checkpoint, seed {kid.seed}")


def _ask_for_prior(checkpoint: Checkpoint, family: str) -> str:
    """A prior of this checkpoint; its recipe's own unless somebody chooses."""
    model = checkpoint.model
    names = {prior_name(prior): prior for prior in model.priors}
    own = prior_name(model.recipe.prior)
    chosen = st.selectbox(
        "Prior",
        list(names),
        index=list(names).index(own) if own in names else 0,
        key=f"{family}_prior",
        bind="query-params",
        filter_mode=None,
    )
    prior = names.get(chosen, "normal")
    st.caption(prior_meaning(prior, family))
    return prior


def offer_measuring(draws: Draws) -> bool:
    """A button, of use where a figure on the page is not that of the samples above it."""
    st.space("small")  # as high as the labels beside it
    return st.button(
        "Measure these samples",
        icon=":material/straighten:",
        key="measure",
        disabled=not unmeasured(draws),
        help="Draws as many samples as there are test pictures, with this prior, temperature and "
        "seed, and computes their KID. Takes some seconds per family.",
    )


def measure_samples(draws: Draws) -> None:
    """Measure what the button promised, show how far it is, and start over with the figures."""
    wanted = unmeasured(draws)
    bar = st.progress(0.0)

    def progress(done: int, found: Found) -> None:
        bar.progress(done / len(wanted), f"Measuring {family_name(found.family).short} …")

    try:
        measure(wanted, progress)
    except InputError as error:
        bar.empty()
        st.warning(str(error), icon=":material/straighten:")
    else:
        st.rerun()


def show_rebuilt(stage: Stage) -> None:
    """The same test pictures in every family's words, one below the other."""
    st.header("The same test pictures, rebuilt", anchor=False)
    st.markdown(
        "Each picture became a code and came back. An autoencoder does little else; a VAE pays "
        "for room between codes; a GAN never learned it, so its code is searched for."
    )
    _rebuilt(stage)


@st.fragment(parallel=True)
def _rebuilt(stage: Stage) -> None:
    """Beside the rest of the page, because a GAN's search takes seconds the first time."""
    pictures = stage.pictures
    count = min(REBUILT, pictures.count)
    with st.skeleton(height=280):
        try:
            rows = [Row(real_sheet(pictures, count), "real", REAL_COLOUR)]
        except InputError:
            return  # said above, where the real pictures would be
        shown = []
        for family, found in stage.checkpoints.items():
            if not found:
                continue
            try:
                sheet = rebuilt_sheet(found, count)
            except InputError:
                continue  # said above, where the samples would be
            rows.append(Row(sheet, family_name(family).short, family_colour(family)))
            shown.append(family_name(family).short)
        show_pictures(
            rows,
            count,
            pictures.image_shape,
            f"{count} real test pictures, and below each what {listed(shown)} rebuilt of it",
            key="rebuilt-pictures",
        )
