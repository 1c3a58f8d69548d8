"""The checkpoint, the fitted prior and the seed that the Why page explains."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from ballgen.checkpoint.folder import Checkpoint
from ballgen.errors import InputError
from ballgen.priors import PRIORS
from ballgen.runs.catalogue import CheckpointInfo
from ballgen.ui.session.loading import open_checkpoint
from ballgen.ui.session.selection import Selection
from ballgen.ui.widgets.controls import ask_for_prior, ask_for_seed, asked_for, by_hand, choose
from ballgen.ui.widgets.text import plain, show_warning
from ballgen.util.wording import prior_meaning

NORMAL = "normal"


class Case(NamedTuple):
    """What the page explains.

    fitted  the prior that is compared with N(0, I); None if none was fitted
    """

    info: CheckpointInfo
    checkpoint: Checkpoint
    fitted: str | None
    seed: int

    @property
    def family(self) -> str:
        return self.info.family

    @property
    def priors(self) -> tuple[str, ...]:
        """N(0, I) and the fitted prior that is looked at."""
        return (NORMAL, self.fitted) if self.fitted else (NORMAL,)

    @property
    def all_priors(self) -> list[str]:
        """Every prior of the checkpoint, the simplest first."""
        model = self.checkpoint.model
        return [name for name in PRIORS if name in model.priors]


def choose_case(selection: Selection) -> Case | None:
    """Ask which model, which fitted prior and which seed; None if nothing can be opened."""
    models = {slot.title: slot.info for slot in selection.slots if slot.info}
    with st.container(horizontal=True, gap="medium", key="why-controls"):
        chosen = choose("Model", list(models), "family")
        info = models.get(chosen, next(iter(models.values())))
        try:
            checkpoint = open_checkpoint(info)
        except InputError as error:
            show_warning(error, icon=":material/broken_image:")
            return None
        fitted = _ask_for_prior(checkpoint)
        seed = ask_for_seed(
            help="The same seed draws the same codes again.", width=140, on_change=by_hand("seed")
        )
    # What the first seed gives is computed once for all; others take half a minute each.
    if seed and not asked_for("seed", "Draw these codes", "It may take half a minute."):
        return None
    if fitted:
        model = checkpoint.model
        meaning = prior_meaning(fitted, info.family, model.gibbs_steps(fitted))
        if model.recipe.sampling.gibbs_steps and not model.gibbs_steps(fitted):
            meaning += " Gibbs steps are left out: they would draw its codes together."
        st.caption(plain(meaning))
    return Case(info, checkpoint, fitted, seed)


def _ask_for_prior(checkpoint: Checkpoint) -> str | None:
    model = checkpoint.model
    fitted = [prior for prior in PRIORS if prior in model.priors and prior != NORMAL]
    if not fitted:
        return None
    return ask_for_prior(
        "Compare N(0, I) with",
        fitted,
        model.recipe.sampling.prior,
        "against",
        width=240,
        help="A prior that was fitted to the codes of the training images.",
    )
