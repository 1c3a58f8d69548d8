"""The third step of the explanation: the same codes, from far out to on the data."""

from __future__ import annotations

import streamlit as st

from ballgen.errors import InputError
from ballgen.ui.theme import family_colour
from ballgen.ui.why.data import STEPS, WALKERS, figures_of, walk
from ballgen.ui.why.page import Case
from ballgen.ui.why.texts import on_the_way
from ballgen.ui.widgets.film_strip import Axis, Sheet, show_films
from ballgen.util.wording import prior_name

PARAMETER = "way"
SIZE = 560  # px that the pictures may fill


def show_walk(case: Case) -> None:
    """A slider along the way from N(0, I) to the fitted prior."""
    if not case.fitted:
        return
    st.header("3 · On the way from N(0, I) to the fitted prior", anchor=False)
    try:
        way = walk(case.found, case.fitted, case.seed)
        limit = figures_of(case.found, case.seed)["support_limit"]
    except InputError:
        return  # said above, where the map would be
    st.markdown(on_the_way(way.distances, limit, case.fitted, WALKERS))
    texts = tuple(
        f"{index / (STEPS - 1):.0%} of the way, {distance:.1f} times as far as usual"
        for index, distance in enumerate(way.distances)
    )
    show_films(
        [Sheet(way.sheet, "", family_colour(case.family))],
        [Axis(f"From N(0, I) to the {prior_name(case.fitted)}", texts)],
        way.frame_shape,
        f"{WALKERS} pictures decoded from codes on their way to the known codes",
        key="walk",
        size=SIZE,
        parameter=PARAMETER,
    )
