"""The first two steps of the explanation: where priors ask, and what the decoder answers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ballgen.checkpoint.folder import Checkpoint
from ballgen.errors import InputError
from ballgen.priors import PRIORS
from ballgen.runs.catalogue import CheckpointInfo
from ballgen.ui.session.loading import (
    Sampling,
    open_checkpoint,
    reconstruction_sheet,
    sample_sheet,
)
from ballgen.ui.session.scoring import Kid, kid_of, measure
from ballgen.ui.session.selection import Selection
from ballgen.ui.theme import REAL_COLOUR, colour_edges, family_colour, family_name
from ballgen.ui.why.charts import NORMAL_COLOUR, histogram_of, map_of, shares_of
from ballgen.ui.why.data import Where, figures_of, where
from ballgen.ui.why.texts import (
    kid_text,
    what_is_known,
    what_is_refined,
    what_it_answers,
    where_it_asks,
    who_is_at_home,
)
from ballgen.ui.widgets.controls import ask_for_seed
from ballgen.ui.widgets.images import Sheet, show_images
from ballgen.ui.widgets.tables import lazy_expander
from ballgen.util.wording import prior_meaning, prior_name, thousandths

NORMAL = "normal"
COUNT = 12
MOST_ABREAST = 3  # cards


class Case(NamedTuple):
    """The checkpoint that the page explains.

    fitted  the prior that is held against N(0, I); None if none was fitted
    """

    found: CheckpointInfo
    checkpoint: Checkpoint
    fitted: str | None
    seed: int

    @property
    def family(self) -> str:
        return self.found.family

    @property
    def priors(self) -> tuple[str, ...]:
        """N(0, I) and the fitted prior that is looked at."""
        return (NORMAL, self.fitted) if self.fitted else (NORMAL,)

    @property
    def all_priors(self) -> list[str]:
        """Every prior of the checkpoint, the simplest first."""
        known = [name for name in PRIORS if name in self.checkpoint.model.priors]
        return known + [name for name in self.checkpoint.model.priors if name not in PRIORS]


def choose_case(selection: Selection) -> Case | None:
    """Ask which family, which fitted prior and which seed; None if nothing can be opened."""
    there = {slot.title: slot.info for slot in selection.slots if slot.info}
    with st.container(horizontal=True, gap="medium", key="why-controls"):
        chosen = st.segmented_control(
            "Model",
            list(there),
            default=next(iter(there)),
            required=True,
            key="family",
            bind="query-params",
        )
        found = there.get(chosen, next(iter(there.values())))
        try:
            checkpoint = open_checkpoint(found)
        except InputError as error:
            st.warning(str(error), icon=":material/broken_image:")
            return None
        fitted = _ask_for_prior(checkpoint)
        seed = ask_for_seed(help="The same seed draws the same codes again.", width=140)
    if fitted:
        rounds = checkpoint.model.recipe.sampling.gibbs_steps
        st.caption(prior_meaning(fitted, found.family, rounds))
    return Case(found, checkpoint, fitted, seed)


def _ask_for_prior(checkpoint: Checkpoint) -> str | None:
    model = checkpoint.model
    fitted = [prior for prior in PRIORS if prior in model.priors and prior != NORMAL]
    names = {prior_name(prior): prior for prior in fitted}
    if not names:
        return None
    own = prior_name(model.recipe.sampling.prior)
    chosen = st.selectbox(
        "Compare N(0, I) with",
        list(names),
        index=list(names).index(own) if own in names else 0,
        key="against",
        bind="query-params",
        filter_mode=None,
        width=240,
        help="A prior that was fitted to the training pictures' codes.",
    )
    return names.get(chosen, next(iter(names.values())))


def show_where(case: Case) -> bool:
    """Step 1: map and histogram of what the priors draw; False if the codes cannot be loaded."""
    st.header("1 · Where each prior's codes lie", anchor=False)
    try:
        figures = figures_of(case.found, case.seed)
        shown = where(case.found, case.priors, case.seed)
    except InputError as error:
        st.warning(str(error), icon=":material/image_not_supported:")
        return False
    sentence = where_it_asks(figures, case.family, case.fitted)
    st.markdown(sentence)
    colour = family_colour(case.family)
    known = "trained on" if case.family == "gan" else "test pictures"
    plain = {"displayModeBar": False}
    left, right = st.columns(2)
    names = " and ".join(prior_name(prior) for prior in case.priors)
    left.plotly_chart(
        map_of(shown, colour, known),
        key="map",
        config=plain,
        alt=f"Map of latent codes (z): those of {known}, and codes drawn from {names}",
    )
    right.plotly_chart(
        histogram_of(shown, colour, known),
        key="distances",
        config=plain,
        alt=f"Histogram of the distance to the nearest known code. {sentence}".replace("*", ""),
    )
    st.caption(what_is_known(figures, case.family))
    _show_tables(shown, known)
    return True


def _show_tables(shown: Where, known: str) -> None:
    """What map and histogram are drawn from."""
    fold = lazy_expander("Map and histogram as tables", "codes_table")
    if not fold:
        return
    with fold:
        edges, shares = shares_of(shown, known)
        bins = {"from": edges[:-1].round(3), "to": edges[1:].round(3)}
        st.dataframe(
            bins | {f"{name}, %": (100 * share).round(1) for name, share in shares.items()},
            hide_index=True,
            alt="Share of codes in each bin of the histogram, by distance to the nearest known "
            "code; 1 is usual",
        )
        points = {known: shown.known} | {prior_name(p): some for p, some in shown.drawn.items()}
        st.dataframe(
            {
                "codes": [name for name, some in points.items() for _ in some],
                "first axis": np.concatenate([some[:, 0] for some in points.values()]),
                "second axis": np.concatenate([some[:, 1] for some in points.values()]),
            },
            hide_index=True,
            alt="Place of every code on the map",
        )


def show_answers(case: Case) -> DeltaGenerator:
    """Step 2: the same decoder under each prior; returns the place for what measuring tells."""
    st.header("2 · What the decoder answers", anchor=False)
    model, scores = case.checkpoint.model, case.checkpoint.scores
    kids = {prior: _kid(case, prior) for prior in case.all_priors}
    means = {prior: kid.mean if kid else None for prior, kid in kids.items()}
    # Where codes are searched for, a rebuilt picture says more about the search.
    rebuilds = not model.searches_codes
    limit = scores.get("kid_reconstructions") if rebuilds else None
    if text := what_it_answers(means[NORMAL], means.get(case.fitted), case.fitted, limit):
        st.markdown(text)
    if text := who_is_at_home(
        case.checkpoint.history[-1], case.family, model.recipe.sampling.prior
    ):
        st.caption(text)
    if text := what_is_refined(model.recipe.sampling.gibbs_steps):
        st.caption(text)
    colour = family_colour(case.family)
    cards = {f"answer-{prior}": colour for prior in case.all_priors}
    cards["answer-normal"] = NORMAL_COLOUR
    colour_edges(cards | {"answer-rebuilt": REAL_COLOUR})
    places = _places(len(case.all_priors) + rebuilds)
    for prior, place in zip(case.all_priors, places, strict=False):
        with place, _card(f"answer-{prior}"):
            _show_answer(case, prior, kids[prior])
    if rebuilds:
        with places[-1], _card("answer-rebuilt"):
            _show_rebuilt(case)
    return st.empty()


def _places(count: int) -> list[DeltaGenerator]:
    """In lines, so that a card is wide enough for its pictures and its figure."""
    lines = -(-count // MOST_ABREAST)
    places = [place for _ in range(lines) for place in st.columns(-(-count // lines))]
    return places[:count]


def _card(key: str) -> DeltaGenerator:
    return st.container(border=True, height="stretch", gap="xsmall", key=key)


def _show_answer(case: Case, prior: str, kid: Kid | None) -> None:
    name = prior_name(prior)
    st.subheader(name[0].upper() + name[1:], anchor=False)
    show_images(
        [Sheet(sample_sheet(case.found, Sampling(prior, case.seed), COUNT))],
        COUNT,
        case.checkpoint.model.image_shape,
        f"{COUNT} samples of the {family_name(case.family).short}, drawn from {name} "
        f"with seed {case.seed}",
        key=f"{prior}-pictures",
    )
    st.space("stretch")
    st.metric("KID × 1000", thousandths(kid.mean, kid.sd) if kid else "not measured")


def _show_rebuilt(case: Case) -> None:
    st.subheader("Rebuilt", anchor=False)
    count = min(COUNT, case.found.dataset.count)
    try:
        sheet = reconstruction_sheet(case.found, count)
    except InputError:
        st.caption("The test pictures cannot be loaded.")
        return
    show_images(
        [Sheet(sheet)],
        count,
        case.checkpoint.model.image_shape,
        f"{count} real test pictures, rebuilt from their own codes: the decoder's limit",
        key="rebuilt-pictures",
    )
    st.space("stretch")
    kid = case.checkpoint.scores.get("kid_reconstructions")
    st.metric("KID × 1000", "not measured" if kid is None else kid_text(kid))


def _kid(case: Case, prior: str) -> Kid | None:
    return kid_of(case.found, Sampling(prior, case.seed))


def offer_measuring(case: Case) -> bool:
    """A button where a prior on the page has no KID yet."""
    missing = [prior for prior in case.all_priors if not _kid(case, prior)]
    if not missing:
        return False
    return st.button(
        "Measure the missing KIDs",
        icon=":material/straighten:",
        key="measure",
        help="Draws as many samples as there are test pictures from each such prior. Takes some "
        "seconds per prior.",
    )


def measure_missing(case: Case) -> None:
    """Measure what the button promised, show how far it is, and start over with the figures."""
    missing = [prior for prior in case.all_priors if not _kid(case, prior)]
    bar = st.progress(0.0)
    try:
        for done, prior in enumerate(missing):
            bar.progress(done / len(missing), f"Measuring {prior_name(prior)} …")
            measure(case.found, Sampling(prior, case.seed))
    except InputError as error:
        bar.empty()
        st.warning(str(error), icon=":material/straighten:")
    else:
        st.rerun()
