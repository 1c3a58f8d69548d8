"""Balls drawn on the page: all twelve as they spin, and one from factors of one's choice."""

from __future__ import annotations

import streamlit as st

from ballgen.data.sportballs.factors import BACKGROUNDS, CLASS_NAMES, ROTATIONS
from ballgen.ui.images.data import (
    FRAMES,
    SLIDERS,
    SPINNING_SIZE,
    SPINS,
    Ball,
    ball_sheet,
    spinning_sheets,
)
from ballgen.ui.widgets.controls import choose, select
from ballgen.ui.widgets.film_strip import Axis, show_films
from ballgen.ui.widgets.images import Sheet
from ballgen.ui.widgets.live_image import show_live_image
from ballgen.ui.widgets.tables import show_table

SIZES = tuple(FRAMES)  # px
MAX_BACKDROP = 2**24 - 1
SHOWN = 384  # px on the screen: 3, 6 and 12 times the sizes


def show_spinning() -> None:
    """Every ball that can be drawn, under one slider that spins them together."""
    show_films(
        [
            Sheet(sheet, spoken(name))
            for name, sheet in zip(CLASS_NAMES, spinning_sheets(), strict=True)
        ],
        [Axis("Spin", tuple(f"{degrees}°" for degrees in SPINS))],
        (3, SPINNING_SIZE, SPINNING_SIZE),
        "drawn ball",
        key="spinning",
        size=150,
        parameter="turn",
        start=(3,),
    )


def show_drawing() -> None:
    """A ball beside the sliders of its factors, below it what else makes an image."""
    image, controls = st.container(), st.container()
    with controls:
        ball = _ask_for_ball()
    with image:
        show_live_image(
            ball_sheet(ball),
            ball.sliders,
            [getattr(ball, slider.key) for slider in ball.sliders],
            FRAMES[ball.size],
            (3, ball.size, ball.size),
            f"a {spoken(ball.name)} of {ball.size} px drawn from its factors",
            key="drawn-ball",
            size=SHOWN,
        )
    texts = {name: f"{value:g}" for name, value in ball.factors().items()}
    texts["class"] = spoken(ball.name)
    show_table(
        {"Factor": list(texts), "Value": list(texts.values())},
        alt="The factors that this ball is drawn from",
    )


def _ask_for_ball() -> Ball:
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        name = select("Ball", CLASS_NAMES, "ball", 3, format_func=spoken, width=200)
        size = choose("Image size, px", SIZES, "px", 64)
        rotation = choose("Rotation, in the plane or in space", ROTATIONS, "rotation", "full")
        background = choose("Background", BACKGROUNDS, "background", "white")
        backdrop = 0
        if background != "white":
            backdrop = st.number_input(
                "Background's seed",
                min_value=0,
                max_value=MAX_BACKDROP,
                value=7,
                key="backdrop",
                bind="query-params",
                width=200,
                help="Its colours are drawn with this seed.",
            )
    numbers = {slider.key: slider.from_link() for slider in SLIDERS}
    return Ball(name, size, rotation=rotation, background=background, backdrop=backdrop, **numbers)


def spoken(class_name: str) -> str:
    """ "american football" of "american_football"."""
    return class_name.replace("_", " ")
