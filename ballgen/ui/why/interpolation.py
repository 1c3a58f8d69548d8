"""The tab with a slider from N(0, I) to the fitted prior."""

import streamlit as st

from ballgen.ui.why.case import Case
from ballgen.ui.why.data import PATH_CODES, PATH_STEPS, path_between, reference
from ballgen.ui.widgets.film_strip import Axis, Sheet, show_films
from ballgen.util.palette import family_colour
from ballgen.util.wording import prior_name

SIZE = 560  # px that the images may fill


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
        parameter="way",
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
