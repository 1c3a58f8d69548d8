"""The tab of what the latents encode: known factors, by regressions."""

import streamlit as st

from ballgen.errors import InputError
from ballgen.latent.disentanglement import DCI
from ballgen.ui.why.case import Case
from ballgen.ui.why.data import dci_of
from ballgen.ui.widgets.controls import asked_for
from ballgen.ui.widgets.tables import show_table
from ballgen.ui.widgets.text import plain
from ballgen.util.wording import percent


def show_factors(case: Case) -> None:
    """What the latents hold of the known factors."""
    if not asked_for("tab", "Fit regressions", "It takes some ten seconds."):
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
