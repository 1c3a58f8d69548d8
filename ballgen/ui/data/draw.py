"""Balls drawn on the data page: all twelve as they turn, and one from factors of one's choice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st
import torch

from ballgen.images.balls import CLASS_NAMES, BallSettings, draw_balls, factor_names
from ballgen.images.drawing.factors import BACKGROUNDS, ROTATIONS
from ballgen.ui.film_strip import Axis, Film, show_films
from ballgen.ui.pictures import to_sheet

TURNS = tuple(range(0, 360, 10))  # degrees of spin
TURNING_SIZE = 64  # px
TURNING_DIAMETER, TURNING_TILT, TURNING_ANGLE = 60, 18, -20
SIZES = (32, 64, 128)  # px
LAST_BACKDROP = 2**24 - 1
SHOWN = 384  # px on the screen: 3, 6 and 12 times the sizes


@dataclass(frozen=True)
class Ball:
    """One picture's factors; lengths as shares of the picture's side, angles in degrees."""

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

    def factors(self) -> torch.Tensor:
        """(1, F) with the columns `factor_names(self.settings)`."""
        lengths = [self.size * share for share in (self.x, self.y, self.diameter)]
        row = [CLASS_NAMES.index(self.name), *lengths, self.angle]
        row += [self.tilt, self.spin] if self.rotation == "full" else []
        row += [self.backdrop] if self.background != "white" else []
        return torch.tensor([row], dtype=torch.float32)

    def draw(self) -> torch.Tensor:
        """uint8 (1, 3, S, S)."""
        return draw_balls(self.factors(), self.settings)


def show_turning() -> None:
    """Every ball that can be drawn, under one slider that spins them together."""
    films = [
        Film(sheet, spoken(name))
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
    """A ball beside the sliders of its factors."""
    left, right = st.columns([2, 3], gap="large")
    with right:
        ball = _ask_for_ball()
    with left:
        show_films(
            [Film(to_sheet(ball.draw()), f"{spoken(ball.name)}, {ball.size} px")],
            [Axis("", ("",))],
            (3, ball.size, ball.size),
            f"a {spoken(ball.name)} drawn from its factors",
            key="drawn-ball",
            size=SHOWN,
        )
    names, row = factor_names(ball.settings), ball.factors()[0].tolist()
    st.table(
        {
            "Factor": list(names),
            "Value": [
                ball.name if name == "class" else f"{value:g}"
                for name, value in zip(names, row, strict=True)
            ],
        },
        border="horizontal",
        hide_index=True,
        alt="The factors that this ball is drawn from",
    )


def _ask_for_ball() -> Ball:
    left, right = st.columns(2)  # a pair at a time: a telephone shows them in this order
    with left:
        name = st.selectbox(
            "Ball",
            CLASS_NAMES,
            index=3,
            key="ball",
            bind="query-params",
            filter_mode=None,
            format_func=spoken,
        )
    with right:
        size = _choice("Picture, px", SIZES, 64, "px")
    left, right = st.columns(2)
    with left:
        x = _share("Centre x", "x", 50)
    with right:
        y = _share("Centre y", "y", 50)
    left, right = st.columns(2)
    with left:
        diameter = _share("Diameter", "diameter", 62)
    with right:
        angle = _degrees("Angle", "angle", 0, 359, 20)
    left, right = st.columns(2)
    with left:
        rotation = _choice("Rotation, in the picture's plane or in space", ROTATIONS, "full")
    with right:
        background = _choice("Background", BACKGROUNDS, "white")
    tilt = spin = backdrop = 0
    if rotation == "full":
        left, right = st.columns(2)
        with left:
            tilt = _degrees("Tilt", "tilt", -90, 90, 15)
        with right:
            spin = _degrees("Spin", "spin", 0, 359, 40)
    if background != "white":
        backdrop = st.number_input(
            "Number of the background",
            min_value=0,
            max_value=LAST_BACKDROP,
            value=7,
            key="backdrop",
            bind="query-params",
            help="Its colours grow from this number.",
        )
    return Ball(name, size, x, y, diameter, angle, rotation, tilt, spin, background, backdrop)


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


def _share(title: str, key: str, default: int) -> float:
    percent = st.slider(
        title,
        min_value=0,
        max_value=100,
        value=default,
        format="%d %%",
        key=key,
        bind="query-params",
        help="Of the picture's side.",
    )
    return percent / 100


def _degrees(title: str, key: str, least: int, most: int, default: int) -> int:
    return st.slider(
        title,
        min_value=least,
        max_value=most,
        value=default,
        format="%d°",
        key=key,
        bind="query-params",
    )
