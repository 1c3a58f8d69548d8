"""The controls of the page Compare: seed, number of images, temperature, and priors."""

from typing import NamedTuple

import streamlit as st

from ballgen.ui.compare.data import TEMPERATURES
from ballgen.ui.session.loading import NORMAL, open_checkpoint
from ballgen.ui.session.selection import Slot
from ballgen.ui.widgets.controls import ask_for_prior, ask_for_seed, select
from ballgen.ui.widgets.text import escaped
from ballgen.util.wording import prior_meaning, prior_name

COUNTS = (12, 24, 48, 96)
TEMPERATURE = "temperature"  # the slider's key
TOUCHED = f"{TEMPERATURE}-touched"


class Settings(NamedTuple):
    """What every model is sampled with, and how many images are shown of each."""

    seed: int
    count: int
    temperature: float


def ask_for_settings() -> Settings:
    seed = ask_for_seed(help="The same seed gives the same samples again.", width=100)
    count = select("Images", COUNTS, "count", width=84, help="How many in each cell.")
    temperature = st.slider(
        "Temperature",
        min_value=TEMPERATURES[0],
        max_value=TEMPERATURES[-1],
        value=1.0,
        step=0.1,
        key=TEMPERATURE,
        bind="query-params",
        width=140,
        help="Scales the prior's spread: at 0 its centres alone are drawn, above 1 codes stray.",
    )
    return Settings(seed, count, round(temperature, 1))


def ask_for_fitted_prior(slot: Slot) -> str | None:
    """The prior to compare with N(0, I), asked for where there are several; None for none.

    Raises `InputError` for a checkpoint that cannot be opened.
    """
    model = open_checkpoint(slot.info).model
    own = model.fitted_prior
    priors = [name for name in model.priors if name != NORMAL]
    if not own and model.needs_inversion:
        priors = [NORMAL, *priors]
    if len(priors) < 2:
        return own
    meanings = [f"{prior_name(name)}: {prior_meaning(name, slot.family)}" for name in priors]
    prior = ask_for_prior(
        f"Prior of the {slot.title}",
        priors,
        own or NORMAL,
        f"{slot.key}_prior",
        width=154,
        help=escaped(" ".join(meanings)),
    )
    return None if prior == NORMAL else prior
