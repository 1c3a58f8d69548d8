"""Balls drawn on the page: all twelve as they spin, and one from factors of one's choice."""

import streamlit as st

from ballgen.data.sportballs.factors import (
    BACKGROUNDS,
    CLASS_NAMES,
    ROTATIONS,
    STYLES,
    BallSettings,
)
from ballgen.ui.images.data import (
    FRAMES,
    IN_PLANE,
    SLIDERS,
    SPINNING_SIZE,
    SPINS,
    Slider,
    ball_sheet,
    factors_of,
    spinning_sheets,
)
from ballgen.ui.widgets.controls import ask_for_seed, choose, select
from ballgen.ui.widgets.film_strip import Axis, show_films
from ballgen.ui.widgets.images import Follow, Sheet, show_images
from ballgen.ui.widgets.tables import show_figures

SIZES = tuple(FRAMES)  # px
MAX_BACKDROP = 2**24 - 1  # float32 factors hold no larger one exactly
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
    left, right = st.columns(2, vertical_alignment="center")
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        name = select("Ball", CLASS_NAMES, "ball", 3, format_func=spoken, width=200)
        size = choose("Image size, px", SIZES, "px", 64)
        style = choose("Style", STYLES, "style", "lit")
        rotation = "plane"
        if style == "lit":
            rotation = choose("Rotation, in the plane or in space", ROTATIONS, "rotation", "full")
        background = choose("Background", BACKGROUNDS, "background", "white")
        backdrop = 0
        if background != "white":
            backdrop = ask_for_seed("backdrop", 7, "Background's seed", MAX_BACKDROP, width=200)
    sliders = SLIDERS if rotation == "full" else SLIDERS[:IN_PLANE]
    with right:
        numbers = _ask_for_factors(sliders)
    settings = BallSettings(size, CLASS_NAMES, background, rotation, style=style)
    ball = settings, name, numbers, backdrop
    frames = FRAMES[size]
    texts = (f"{slider.title} {slider.format % numbers[slider.key]}" for slider in sliders)
    with left:
        show_images(
            [Sheet(ball_sheet(*ball))],
            1,
            (3, size, size),
            f"a {spoken(name)} of {size} px, {', '.join(texts)}",
            key="drawn-ball",
            follow=tuple(
                Follow(slider.key, frames, 1 + number * frames, numbers[slider.key])
                for number, slider in enumerate(sliders)
            ),
            size=SHOWN,
        )
    texts = {factor: f"{value:g}" for factor, value in factors_of(*ball).items()}
    texts["class"] = spoken(name)
    show_figures({"Value": texts}, "The factors that this ball is drawn from", "Factor")


def _ask_for_factors(sliders: tuple[Slider, ...]) -> dict[str, int]:
    """By their keys."""
    columns = st.columns(2)
    return {
        slider.key: columns[number % 2].slider(
            slider.title,
            slider.minimum,
            slider.maximum,
            slider.default,
            format=slider.format,
            key=slider.key,
            bind="query-params",
        )
        for number, slider in enumerate(sliders)
    }


def spoken(class_name: str) -> str:
    """ "american football" of "american_football"."""
    return class_name.replace("_", " ")
