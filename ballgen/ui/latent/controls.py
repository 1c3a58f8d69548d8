"""The controls of the page Latent space: what to map, and what to look at."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from ballgen.latent.embedding import EMBEDDINGS
from ballgen.runs.catalogue import CheckpointInfo
from ballgen.ui.latent.data import MapChoice, identity_of, mapped_images
from ballgen.ui.latent.figure import colours_of
from ballgen.ui.latent.pointer import A_POINT, AN_IMAGE, AXES, IMAGE, LOOK, REGION
from ballgen.ui.session.selection import Selection
from ballgen.ui.theme import family_name
from ballgen.ui.widgets.controls import ask_for_number, ask_for_seed, by_hand, choose, select

SHOWN = "latent_shown"  # in the session: the map that coordinates and region are of
DIMS = {"2-D": 2, "3-D": 3}
MAX_COORDINATE = 1e6  # far beyond any map, and all that is computed stays finite


class View(NamedTuple):
    """What to show.

    choice       the map
    colour       "class" or a factor's name
    image        row of the image that is looked at, None while coordinates are
    coordinates  (x, y) or (x, y, z) that are looked at, None while an image is
    """

    info: CheckpointInfo
    choice: MapChoice
    colour: str
    image: int | None
    coordinates: tuple[float, ...] | None


def choose_view(selection: Selection) -> View:
    """The controls, all kept in the link. Raises `InputError` where the images are gone."""
    models = {slot.title: slot.info for slot in selection.slots if slot.info}
    images = mapped_images(selection.dataset)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        # The VAE first: its codes were made to fill one cloud.
        vae = family_name("vae").short
        default = vae if vae in models else next(iter(models))
        model = choose("Model", list(models), "family", default)
        method = choose("Embedding", list(EMBEDDINGS), "embedding", on_change=by_hand("embedding"))
        dims = DIMS[choose("Dimensions", list(DIMS), "dims")]
        colour = select(
            "Colour",
            colours_of(images),
            "colour",
            width=150,
            help="Angles come back to their first colour after 360 degrees.",
        )
        parameters, seed = _ask_for_settings(method)
    info = models.get(model, models[default])
    choice = MapChoice(method, dims, seed, parameters)
    # Coordinates of one map mean nothing on another; those of the first one came with the link.
    shown = identity_of(info, choice)
    if st.session_state.setdefault(SHOWN, shown) != shown:
        st.session_state.update({SHOWN: shown, LOOK: AN_IMAGE, REGION: ""})
    return View(info, choice, colour, *_ask_where(len(images), dims))


def _ask_for_settings(method: str) -> tuple[tuple[tuple[str, float], ...], int]:
    """An embedding's parameters and seed; PCA has none."""
    if method == "PCA":
        return (), 0
    with st.popover("Settings", icon=":material/tune:"):
        seed = ask_for_seed("map_seed")
        if method == "t-SNE":
            help = "How many neighbours each image tries to stay close to."
            perplexity = ask_for_number("Perplexity", 5, 100, 30, "perplexity", 5, help=help)
            return (("perplexity", perplexity),), seed
        help = "How many neighbours each image is tied to: more shows the large shape."
        neighbours = ask_for_number("Neighbours", 2, 100, 15, "neighbours", help=help)
        help = "How close two images may lie on the map."
        closeness = ask_for_number("Minimum distance", 0, 1, 0.1, "closeness", 0.05, help=help)
        return (("neighbours", neighbours), ("closeness", closeness)), seed


def _ask_where(count: int, dims: int) -> tuple[int | None, tuple[float, ...] | None]:
    """What is looked at: a click on the map says the same."""
    if not 0 <= int(st.session_state.get(IMAGE) or 0) < count:  # of another, larger set
        st.session_state[IMAGE] = 0
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        look = choose("Look at", [AN_IMAGE, A_POINT], LOOK)
        image = ask_for_number("Image", 0, count - 1, 0, IMAGE, width=115)
        numbers = [
            ask_for_number(
                f"Coordinate {axis}",
                -MAX_COORDINATE,
                MAX_COORDINATE,
                0,
                axis,
                step=0.1,
                format="%.4g",
                width=115,
            )
            for axis in AXES[:dims]
        ]
    if look == A_POINT:
        return None, tuple(numbers)
    return image, None
