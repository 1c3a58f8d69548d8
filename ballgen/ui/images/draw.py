"""Balls drawn on the data page: all twelve as they turn, and one from factors of one's choice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st
import torch

from ballgen.data.sportballs.factors import (
    BACKGROUNDS,
    CLASS_NAMES,
    ROTATIONS,
    BallSettings,
    factor_names,
)
from ballgen.data.sportballs.render import draw_balls
from ballgen.ui.widgets.film_strip import Axis, Sheet, show_films
from ballgen.ui.widgets.images import to_sheet
from ballgen.ui.widgets.live_image import Slider, show_live

TURNS = tuple(range(0, 360, 10))  # degrees of spin
TURNING_SIZE = 64  # px
TURNING_DIAMETER, TURNING_TILT, TURNING_ANGLE = 60, 18, -20
SIZES = (32, 64, 128)  # px
LAST_BACKDROP = 2**24 - 1
SHOWN = 384  # px on the screen: 3, 6 and 12 times the sizes
FRAMES = {32: 48, 64: 48, 128: 24}  # along each factor: what is drawn in a fraction of a second


SLIDERS = (
    Slider("x", "Centre x", 0, 100, 50, " %"),
    Slider("y", "Centre y", 0, 100, 50, " %"),
    Slider("diameter", "Diameter", 0, 100, 62, " %"),
    Slider("angle", "Angle", 0, 359, 20, "°"),
    Slider("tilt", "Tilt", -90, 90, 15, "°"),
    Slider("spin", "Spin", 0, 359, 40, "°"),
)
IN_SPACE = ("tilt", "spin")  # factors of balls that turn out of the picture's plane


@dataclass(frozen=True)
class Ball:
    """One picture's factors; lengths in percent of the picture's side, angles in degrees."""

    name: str
    size: int
    x: float
    y: float
    diameter: float
    angle: float
    rotation: str = "plane"
    tilt: float = 0
    spin: float = 0
    background: str = "white"
    backdrop: int = 0

    @property
    def settings(self) -> BallSettings:
        return BallSettings(self.size, CLASS_NAMES, self.background, self.rotation)

    @property
    def sliders(self) -> list[Slider]:
        """Of the factors that this ball has."""
        full = self.rotation == "full"
        return [slider for slider in SLIDERS if full or slider.key not in IN_SPACE]

    def factors(self) -> torch.Tensor:
        """(F,) with the columns `factor_names(self.settings)`."""
        lengths = [self.size * percent / 100 for percent in (self.x, self.y, self.diameter)]
        row = [CLASS_NAMES.index(self.name), *lengths, self.angle]
        row += [self.tilt, self.spin] if self.rotation == "full" else []
        row += [self.backdrop] if self.background != "white" else []
        return torch.tensor(row, dtype=torch.float32)

    def along(self, slider: Slider) -> list[Ball]:
        """This ball with one factor anywhere from its least to its most."""
        numbers = torch.linspace(slider.least, slider.most, FRAMES[self.size]).tolist()
        return [replace(self, **{slider.key: number}) for number in numbers]


def show_turning() -> None:
    """Every ball that can be drawn, under one slider that spins them together."""
    films = [
        Sheet(sheet, spoken(name))
        for name, sheet in zip(CLASS_NAMES, _turning_sheets(), strict=True)
    ]
    show_films(
        films,
        [Axis("Spin them", tuple(f"{degrees}°" for degrees in TURNS))],
        (3, TURNING_SIZE, TURNING_SIZE),
        "drawn ball",
        key="turning",
        size=150,
        parameter="turn",
        start=(3,),
    )


@st.cache_resource(show_spinner="Drawing twelve balls from all sides …")
def _turning_sheets() -> list[bytes]:
    """A film per class: a whole turn about the upright axis."""
    settings = BallSettings(TURNING_SIZE, CLASS_NAMES, rotation="full")
    middle = TURNING_SIZE / 2
    rows = [
        [index, middle, middle, TURNING_DIAMETER, TURNING_ANGLE, TURNING_TILT, spin]
        for index in range(len(CLASS_NAMES))
        for spin in TURNS
    ]
    pictures = draw_balls(torch.tensor(rows, dtype=torch.float32), settings)
    return [to_sheet(film) for film in pictures.split(len(TURNS))]


def show_drawing() -> None:
    """A ball beside the sliders of its factors, below it what else makes a picture."""
    picture, controls = st.container(), st.container()
    with controls:
        ball = _ask_for_ball()
    factors = ball.factors().tolist()
    with picture:
        show_live(
            _strips(ball),
            ball.sliders,
            [getattr(ball, slider.key) for slider in ball.sliders],
            FRAMES[ball.size],
            (3, ball.size, ball.size),
            f"a {spoken(ball.name)} of {ball.size} px drawn from its factors",
            key="drawn-ball",
            size=SHOWN,
        )
    names = factor_names(ball.settings)
    st.table(
        {
            "Factor": list(names),
            "Value": [
                spoken(ball.name) if name == "class" else f"{value:g}"
                for name, value in zip(names, factors, strict=True)
            ],
        },
        border="horizontal",
        hide_index=True,
        alt="The factors that this ball is drawn from",
    )


@st.cache_data(max_entries=50, show_spinner=False)
def _strips(ball: Ball) -> bytes:
    """The ball, then a strip along each of its factors, drawn in one batch."""
    others = [other for slider in ball.sliders for other in ball.along(slider)]
    factors = torch.stack([one.factors() for one in (ball, *others)])
    return to_sheet(draw_balls(factors, ball.settings))


def _ask_for_ball() -> Ball:
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        name = st.selectbox(
            "Ball",
            CLASS_NAMES,
            index=3,
            key="ball",
            bind="query-params",
            filter_mode=None,
            format_func=spoken,
            width=200,
        )
        size = _choice("Picture, px", SIZES, 64, "px")
        rotation = _choice("Rotation, in the picture's plane or in space", ROTATIONS, "full")
        background = _choice("Background", BACKGROUNDS, "white")
        backdrop = 0
        if background != "white":
            backdrop = st.number_input(
                "Number of the background",
                min_value=0,
                max_value=LAST_BACKDROP,
                value=7,
                key="backdrop",
                bind="query-params",
                width=200,
                help="Its colours grow from this number.",
            )
    numbers = {slider.key: slider.from_link() for slider in SLIDERS}
    return Ball(name, size, rotation=rotation, background=background, backdrop=backdrop, **numbers)


def spoken(class_name: str) -> str:
    """ "american football" of "american_football"."""
    return class_name.replace("_", " ")


def _choice(title: str, options: tuple, default: object, key: str = "") -> Any:
    return st.segmented_control(
        title,
        options,
        default=default,
        required=True,
        key=key or title.split(",")[0].lower(),
        bind="query-params",
    )
