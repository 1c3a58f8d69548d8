"""The tables below the explanation: every prior in figures, and what the codes hold."""

from __future__ import annotations

import streamlit as st

from ballgen.errors import InputError
from ballgen.latent.disentanglement import DCI
from ballgen.ui.session.loading import Sampling
from ballgen.ui.session.scoring import kid_of
from ballgen.ui.why.case import Case
from ballgen.ui.why.data import coverage_figures, dci_of
from ballgen.ui.widgets.controls import asked_for, by_hand
from ballgen.ui.widgets.tables import UNKNOWN, lazy_expander, show_table
from ballgen.ui.widgets.text import plain
from ballgen.util.wording import kid_text, percent, prior_name


def show_priors(case: Case) -> None:
    """Every prior in figures."""
    figures = coverage_figures(case.info, case.seed)
    kids = [kid_of(case.info, Sampling(prior, case.seed)) for prior in case.all_priors]

    def column(name: str) -> list[float]:
        return [figures[f"{name}_{prior}"] for prior in case.all_priors]

    st.header("All priors", anchor=False)
    show_table(
        {
            "Prior": [prior_name(prior) for prior in case.all_priors],
            "Distance, 1 is usual": [f"{distance:.2f}" for distance in column("distance")],
            "Further than 99% of held-out codes": [*map(percent, column("out_of_support"))],
            "Further than all of them": [*map(percent, column("beyond_max"))],
            "KID × 1000": [kid_text(kid.mean, kid.sd) if kid else UNKNOWN for kid in kids],
        },
        alt="Where each prior's codes fall, and how near its samples are to real images",
    )
    st.caption(
        f"Distances to the nearest of {figures['reference_count']:,} reference codes; "
        f"{figures['held_out_count']:,} others, held out, say what is usual."
    )


def show_dci(case: Case) -> None:
    """What the codes hold of the known factors; computed when the expander is open."""
    title = "What the codes hold of each known factor"
    if inside := lazy_expander(title, "factors", on_change=by_hand("factors")):
        with inside:
            if not asked_for("factors", "Fit regressions", "It takes some ten seconds."):
                return
            try:
                with st.spinner("Fitting regressions, some ten seconds the first time …"):
                    dci = dci_of(case.info)
            except InputError as error:
                st.info(plain(error), icon=":material/straighten:")
            else:
                _show_dci(dci)


def _show_dci(dci: DCI) -> None:
    factors = dci.factors
    show_table(
        {
            "Factor": [one.factor for one in factors],
            "Informativeness (R²)": [f"{one.informativeness:.2f}" for one in factors],
            "… by a linear regression (R²)": [
                f"{one.informativeness_linear:.2f}" for one in factors
            ],
            "Most important dimension": [f"z{one.dimension}" for one in factors],
            "Its importance": [percent(one.importance) for one in factors],
        },
        alt="How much of each known factor the codes hold, and which dimension follows it",
    )
    if len(factors) > 1:  # with a single factor it is always 1
        st.markdown(
            f"Disentanglement **{dci.disentanglement:.2f}** (1: each latent dimension follows a "
            f"single factor), completeness **{dci.completeness:.2f}** (1: each factor is followed "
            "by a single dimension), after Eastwood & Williams 2018."
        )
    st.caption(
        f"From {dci.image_count:,} test images; R² on those of them that no regression was fitted "
        "to. An angle counts as its cosine and sine, class by class, once per turn after which the "
        "ball looks the same. z0 is the first latent dimension."
    )
