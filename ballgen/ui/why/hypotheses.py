"""The last step of the explanation, the four guesses, and the tables below it."""

from __future__ import annotations

import streamlit as st

from ballgen.errors import InputError
from ballgen.latent.disentanglement import DCI
from ballgen.ui.session.loading import Sampling
from ballgen.ui.session.scoring import kid_of
from ballgen.ui.why.data import dci_of, figures_of
from ballgen.ui.why.page import Case
from ballgen.ui.why.texts import guesses, percent
from ballgen.ui.widgets.tables import lazy_expander
from ballgen.util.wording import prior_name, thousandths

UNKNOWN = "–"


def show_guesses(case: Case) -> None:
    """Step 4: what this checkpoint says to each of the report's guesses."""
    figures = figures_of(case.found, case.seed)
    last_epoch = case.checkpoint.history[-1] if case.checkpoint.history else {}
    st.header("4 · Four guesses, and what this checkpoint says to them", anchor=False)
    st.markdown(
        "A report on this task saw random samples fail and guessed at four causes. One checkpoint "
        "gives hints for or against each; for proof, train again with one thing changed."
    )
    said = guesses(figures, case.checkpoint.scores, last_epoch, case.family)
    for pair in (said[:2], said[2:]):
        for guess, column in zip(pair, st.columns(2), strict=True):
            with column, st.container(border=True, height="stretch", gap="xsmall"):
                st.subheader(guess.title, anchor=False)
                st.markdown(f"**{guess.verdict}.** {guess.because}")
                st.space("stretch")
                st.caption(guess.remains)


def show_figures(case: Case) -> None:
    """Every prior in figures."""
    figures = figures_of(case.found, case.seed)
    rows = []
    for prior in case.all_priors:
        kid = kid_of(case.found, Sampling(prior, case.seed))
        rows.append(
            {
                "Prior": prior_name(prior),
                "Distance, 1 is usual": f"{figures[f'distance_{prior}']:.2f}",
                "Further than 99% of held-out codes": percent(figures[f"out_of_support_{prior}"]),
                "Further than all of them": percent(figures[f"beyond_max_{prior}"]),
                "KID × 1000": thousandths(kid.mean, kid.sd) if kid else UNKNOWN,
            }
        )
    st.header("Figures", anchor=False)
    st.table(
        {name: [row[name] for row in rows] for name in rows[0]},
        border="horizontal",
        hide_index=True,
        alt="Where each prior's codes fall, and how near its samples are to real pictures",
    )
    st.caption(
        f"Distances to the nearest of {figures['reference_count']:,} reference codes; "
        f"{figures['held_out_count']:,} others, held out, say what is usual."
    )


def show_dci(case: Case) -> None:
    """What the codes hold of the factors that are known; computed when it is unfolded."""
    fold = lazy_expander("What the codes hold of each known factor", "factors")
    if not fold:
        return
    with fold:
        try:
            with st.spinner("Scoring the codes, some ten seconds the first time …"):
                scores = dci_of(case.found)
        except InputError as error:
            st.info(str(error), icon=":material/straighten:")
            return
        _show_dci(scores)


def _show_dci(scores: DCI) -> None:
    st.table(
        {
            "Factor": [one.factor for one in scores.factors],
            "Informativeness (R²)": [f"{one.informativeness:.2f}" for one in scores.factors],
            "… by a linear regression (R²)": [
                f"{one.informativeness_linear:.2f}" for one in scores.factors
            ],
            "Most important dimension": [f"z{one.dimension}" for one in scores.factors],
            "Its importance": [percent(one.importance) for one in scores.factors],
        },
        border="horizontal",
        hide_index=True,
        alt="How much of each known factor the codes hold, and which dimension follows it",
    )
    st.markdown(
        f"Disentanglement **{scores.disentanglement:.2f}** (1: each latent dimension follows a "
        f"single factor), completeness **{scores.completeness:.2f}** (1: each factor is followed "
        f"by a single dimension), after Eastwood & Williams 2018."
    )
    st.caption(
        f"From {scores.image_count:,} test pictures; R² on those of them that no regression was "
        "fitted to. An angle counts as its cosine and sine, class by class, once per turn after "
        "which the ball looks the same. z0 is the first latent dimension."
    )
