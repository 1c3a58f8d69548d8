"""The smaller tabs: the way to the fitted prior, what the latents encode, how it is measured."""

import streamlit as st

from ballgen.errors import InputError
from ballgen.latent.disentanglement import DCI
from ballgen.ui.why.case import Case
from ballgen.ui.why.data import PATH_CODES, PATH_STEPS, dci_of, path_between, reference
from ballgen.ui.widgets.controls import requested
from ballgen.ui.widgets.film_strip import Axis, Sheet, show_films
from ballgen.ui.widgets.tables import show_table
from ballgen.ui.widgets.text import escaped
from ballgen.util.palette import family_colour
from ballgen.util.wording import percent, prior_name

SIZE = 560  # px that the images may fill
DISTANCE = (
    "**Distance** is that from a latent to the nearest of half the test images' latents. The other "
    "half, held out, is the unit: its median is 1. The page Terms shows all other words."
)


def show_interpolation(case: Case) -> None:
    """The same latents, interpolated. Raises `InputError`."""
    if not case.fitted:
        st.markdown("No prior was fitted to the latents of this model.")
        return
    with st.spinner("Drawing latents of both priors …"):
        sheet, frame_shape, distances = path_between(case.info, case.fitted, case.seed)
    limit = reference(case.info, case.seed)[1].support_limit
    st.markdown(interpolation_text(distances, limit, case.fitted))
    texts = tuple(
        f"{index / (PATH_STEPS - 1):.0%} of the way, {distance:.1f} times the median distance"
        for index, distance in enumerate(distances)
    )
    show_films(
        [Sheet(sheet, "", family_colour(case.family))],
        [Axis(f"From N(0, I) to the {prior_name(case.fitted)}", texts)],
        frame_shape,
        f"{PATH_CODES} images decoded from latents between N(0, I) and the fitted prior",
        key="path",
        size=SIZE,
        parameter="step",
    )


def interpolation_text(distances: list[float], limit: float, prior: str) -> str:
    """When the latents arrive; distances in units, at equal steps."""
    line = f"go straight from N(0, I) to the {prior_name(prior)} prior"
    text = f"Drag. The same {PATH_CODES} latents {line}"
    border = f"the limit of {limit:.1f} times the median distance, which holds 99% of held-out ones"
    if distances[0] <= limit:
        return f"{text}. They are within {border}, from the start."
    if distances[-1] > limit:
        return f"{text}. They do not come within {border}."
    # The last step outside: a path may pass through the support before its end.
    outside = max(index for index, distance in enumerate(distances) if distance > limit)
    return f"{text}. After {(outside + 1) / (len(distances) - 1):.0%} they are within {border}."


def show_factors(case: Case) -> None:
    """What the latents hold of the known factors."""
    if not requested("tab", "Fit regressions", "It takes some ten seconds."):
        return
    try:
        with st.spinner("Fitting regressions, some ten seconds the first time …"):
            dci = dci_of(case.info)
    except InputError as error:
        st.info(escaped(error), icon=":material/straighten:")
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


def show_terms(case: Case) -> None:
    """How distances are measured, and what is special about this family."""
    st.markdown(DISTANCE)
    if case.family == "vae":
        st.caption("A VAE's latents are drawn from each image's posterior, as in training.")
