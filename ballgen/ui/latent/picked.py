"""What is looked at on the map: a picture with its code, or a place with what is decoded there."""

from __future__ import annotations

import streamlit as st
import torch
from torch import Tensor

from ballgen.data.imageset import ImageSet
from ballgen.latent.embedding import FAR, Embedding
from ballgen.ui.latent.data import (
    decoded,
    mapped_pictures,
    rebuilt_picture,
)
from ballgen.ui.latent.figure import colours_of
from ballgen.ui.latent.page import Ask
from ballgen.ui.session.loading import open_checkpoint
from ballgen.ui.theme import REAL_COLOUR, family_colour, family_name
from ballgen.ui.widgets.images import Sheet, show_images, to_sheet
from ballgen.ui.widgets.tables import lazy_expander
from ballgen.util.neighbours import nearest_neighbours

NEIGHBOURS = 6
HALF = 2  # of a number's digits after the point


def show_picked(ask: Ask, fitted: Embedding) -> None:
    """The column beside the map."""
    if ask.picture is None:
        _show_place(ask, fitted)
    else:
        _show_picture(ask, fitted, ask.picture)


def _show_picture(ask: Ask, fitted: Embedding, row: int) -> None:
    found = ask.found
    images, short = mapped_pictures(found.dataset), family_name(found.family).short
    st.header(f"Picture {row}", anchor=False)
    st.caption(_described(images, row))
    show_images(
        [
            Sheet(to_sheet(images.images(slice(row, row + 1))), "original", REAL_COLOUR),
            Sheet(rebuilt_picture(found, row), "rebuilt", family_colour(found.family)),
        ],
        1,
        images.image_shape,
        f"Test picture {row}, and below it what the {short} rebuilt of it",
        key="picked-pictures",
    )
    if open_checkpoint(found).model.searches_codes:
        st.caption(
            f"A {short} has no exact code for a picture: the map, the nearest pictures and the "
            "bars below go by quick guesses, and the picture above is rebuilt from a code that "
            "was searched for."
        )
    codes = fitted.codes_
    nearest = nearest_neighbours(codes[row : row + 1], codes, min(NEIGHBOURS + 1, len(images)))
    others = nearest.indices[0][nearest.indices[0] != row][:NEIGHBOURS]
    _show_neighbours(images, others, "Nearest in all dimensions of the code")
    _show_code(fitted.codes_[row], found.family)


def _show_place(ask: Ask, fitted: Embedding) -> None:
    found, place = ask.found, torch.tensor([ask.place])
    images, short = mapped_pictures(found.dataset), family_name(found.family).short
    code = fitted.inverse_transform(place)
    st.header("A place on the map", anchor=False)
    st.caption("at " + ", ".join(f"{number:.4g}" for number in ask.place))
    show_images(
        [Sheet(decoded(found, code), "decoded", family_colour(found.family))],
        1,
        images.image_shape,
        f"What the decoder of the {short} makes of this place",
        key="place-pictures",
    )
    distance = float(fitted.distance_to_data(place))
    if distance > FAR:
        st.warning(
            f"**No data lies near this place.** The nearest picture is {distance:.1f} times "
            "as far away as 95% of the pictures are from their nearest neighbour: the decoder "
            "guesses.",
            icon=":material/explore:",
        )
    if ask.choice.method == "PCA":
        st.caption("The code on the plane itself, with all other directions at their mean.")
    else:
        st.caption(
            f"{ask.choice.method} has no way back: the code is a mean of the nearest pictures' "
            "codes, the nearer the heavier."
        )
    rows = fitted.nearest(place, min(NEIGHBOURS, len(images)))[1][0]
    _show_neighbours(images, rows, "Nearest on the map")
    _show_code(code[0], found.family)


def _described(images: ImageSet, row: int) -> str:
    """ "soccerball, x 14.2 px, angle 203 deg"."""
    parts = [images.class_names[images.labels[row]]]
    for name in colours_of(images)[1:]:
        word, _, unit = name.rpartition(" ")
        value = float(images.factors[row, images.factor_names.index(name)])
        parts.append(f"{word} {value:.4g} {unit}" if word else f"{name} {value:.4g}")
    return ", ".join(parts)


def _show_neighbours(images: ImageSet, rows: Tensor, title: str) -> None:
    st.markdown(f"**{title}**")
    names = ", ".join(f"{int(row)}" for row in rows)
    show_images(
        [Sheet(to_sheet(images.images(rows)))],
        len(rows),
        images.image_shape,
        f"{title}: test pictures {names}",
        key="neighbour-pictures",
    )


def _show_code(code: Tensor, family: str) -> None:
    st.markdown("**Its latent code (z)**")
    numbers = [round(float(number), HALF + 1) for number in code]
    table = {"dimension": list(range(len(numbers))), "value": numbers}
    st.bar_chart(
        table,
        x="dimension",
        y="value",
        color=family_colour(family),
        height=150,
        alt=f"A bar for each of the {len(numbers)} numbers of the code, from "
        f"{min(numbers)} to {max(numbers)}",
    )
    if fold := lazy_expander("The code as numbers", "code_table"):
        fold.dataframe(table, hide_index=True, alt="The numbers of the code")
