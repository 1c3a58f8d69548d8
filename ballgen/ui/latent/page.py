"""The parts of the page that shows latent space: what to map, and the map."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from ballgen.latent.embedding import EMBEDDINGS, Embedding
from ballgen.runs.catalogue import CheckpointInfo
from ballgen.ui.latent.data import (
    MapChoice,
    figure_of,
    fit_map,
    identity_of,
    is_ready,
    mapped_pictures,
)
from ballgen.ui.latent.figure import CLASS, colours_of
from ballgen.ui.latent.pointer import A_PICTURE, A_PLACE, LOOK, PICTURE, PLACE, REGION
from ballgen.ui.session.selection import Selection
from ballgen.ui.theme import family_name
from ballgen.ui.widgets.controls import ask_for_seed
from ballgen.ui.widgets.tables import lazy_expander

MAP_KEY = "latent-map"
SHOWN = "latent_shown"  # in the session: the map that the places are of
# All buttons of a flat map by Plotly's names: Streamlit strikes the two for circling from Plotly's
# usual ones, and they cannot be added again.
BUTTONS = [
    ["toImage"],
    ["lasso2d", "select2d", "zoom2d", "pan2d"],
    ["zoomIn2d", "zoomOut2d", "resetScale2d"],
]
DIMS = {"2-D": 2, "3-D": 3}
FURTHEST = 1e6  # a place's coordinate: far beyond any map, and all that is computed stays finite
MEANINGS = {
    "PCA": "The codes projected onto the directions in which they vary most.",
    "t-SNE": "Pictures with similar codes lie together; how far groups lie apart says little.",
    "UMAP": "Pictures with similar codes lie together; distances between groups say a little.",
}


class Ask(NamedTuple):
    """What to show.

    choice   the map
    colour   "class" or a factor's name
    picture  row of the picture that is looked at, None while a place is
    place    (x, y) or (x, y, z) of the place that is looked at, None while a picture is
    """

    found: CheckpointInfo
    choice: MapChoice
    colour: str
    picture: int | None
    place: tuple[float, ...] | None


def ask_what_to_map(selection: Selection) -> Ask:
    """The controls, all kept in the link. Raises `InputError` where the pictures are gone."""
    places = {slot.title: slot.info for slot in selection.slots if slot.info}
    images = mapped_pictures(selection.dataset)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        # The VAE first: its codes were made to fill one cloud.
        usual = family_name("vae").short
        family = _choose("Family", list(places), "family", usual)
        method = _choose("Map", list(EMBEDDINGS), "map")
        dims = DIMS[_choose("Dimensions", list(DIMS), "dims")]
        colours = colours_of(images)
        colour = st.selectbox(
            "Colour",
            colours,
            key="colour",
            bind="query-params",
            filter_mode=None,
            width=150,
            help="Angles come back to their first colour after 360 degrees.",
        )
        parameters, seed = _ask_for_settings(method)
    found = places.get(family, next(iter(places.values())))
    choice = MapChoice(method, dims, seed, parameters)
    _start_afresh_on_another(found, choice)
    picture, place = _ask_where(len(images), dims)
    return Ask(
        found,
        choice,
        colour if colour in colours else CLASS,
        picture,
        place,
    )


def _choose(label: str, options: list[str], key: str, usual: str = "") -> str:
    default = usual if usual in options else options[0]
    chosen = st.segmented_control(
        label,
        options,
        default=default,
        required=True,
        key=key,
        bind="query-params",
    )
    return chosen or default


def _start_afresh_on_another(found: CheckpointInfo, choice: MapChoice) -> None:
    """Places of one map mean nothing on another; those of the first one came with the link."""
    shown = identity_of(found, choice)
    if st.session_state.setdefault(SHOWN, shown) != shown:
        st.session_state[SHOWN] = shown
        st.session_state[LOOK] = A_PICTURE
        st.session_state[REGION] = ""


def _ask_for_settings(method: str) -> tuple[tuple[tuple[str, float], ...], int]:
    """A map's parameters and seed; PCA has none."""
    if method == "PCA":
        return (), 0
    with st.popover("Settings", icon=":material/tune:"):
        seed = ask_for_seed("map_seed")
        if method == "t-SNE":
            perplexity = st.number_input(
                "Perplexity",
                5,
                100,
                30,
                5,
                key="perplexity",
                help="How many neighbours each picture tries to stay close to.",
                bind="query-params",
            )
            return (("perplexity", perplexity),), seed
        neighbours = st.number_input(
            "Neighbours",
            2,
            100,
            15,
            key="neighbours",
            help="How many neighbours each picture is tied to: more shows the large shape.",
            bind="query-params",
        )
        closeness = st.number_input(
            "Least distance",
            0.0,
            1.0,
            0.1,
            0.05,
            key="closeness",
            help="How close two pictures may lie on the map.",
            bind="query-params",
        )
        return (("neighbours", neighbours), ("closeness", closeness)), seed


def _ask_where(count: int, dims: int) -> tuple[int | None, tuple[float, ...] | None]:
    """What is looked at: a click on the map says the same."""
    if not 0 <= int(st.session_state.get(PICTURE) or 0) < count:  # of another, larger set
        st.session_state[PICTURE] = 0
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        look = _choose("Look at", [A_PICTURE, A_PLACE], LOOK)
        picture = st.number_input(
            "Picture", 0, count - 1, 0, key=PICTURE, bind="query-params", width=130
        )
        numbers = [
            st.number_input(
                f"Place, {axis}",
                -FURTHEST,
                FURTHEST,
                0.0,
                step=0.1,
                format="%.4g",
                key=axis,
                bind="query-params",
                width=130,
            )
            for axis in PLACE[:dims]
        ]
    if look == A_PLACE:
        return None, tuple(float(number or 0.0) for number in numbers)
    return int(picture or 0), None


def show_map(ask: Ask) -> Embedding:
    """The map itself, computed first if need be. Raises `InputError`."""
    found, choice = ask.found, ask.choice
    with st.container(key=MAP_KEY):
        fitted = _with_progress(found, choice)
        short, long = family_name(found.family)
        st.plotly_chart(
            figure_of(found, choice, ask.colour),
            key="map-figure",
            config={"displaylogo": False}
            | ({"modeBarButtons": BUTTONS} if choice.dims == 2 else {}),
            alt=f"{choice.method} map in {choice.dims} dimensions of the codes that the "
            f"{long or short} gives {len(fitted.coordinates_):,} test pictures, coloured by "
            f"{ask.colour}. The table below the page has every place.",
        )
    shown = f"{len(fitted.coordinates_):,} test pictures, {fitted.codes_.shape[1]} numbers each. "
    if choice.method == "PCA":
        share = fitted.explained_variance_ratio_.sum()
        shown += f"These directions hold {share:.0%} of the codes' variance. "
    hint = "Circle points to compare them with the rest." if choice.dims == 2 else ""
    st.caption(f"{shown}{MEANINGS[choice.method]} {hint}")
    return fitted


def _with_progress(found: CheckpointInfo, choice: MapChoice) -> Embedding:
    if is_ready(found, choice) or choice.method == "PCA":
        return fit_map(found, choice)
    place = st.empty()
    try:
        words = "Laying out the map; any other choice stops it …"
        if choice.method == "UMAP":
            words += " The first UMAP after a start gets ready for up to a minute."
        bar = place.progress(0.0, words)
        return fit_map(found, choice, lambda share: bar.progress(share, f"{share:.0%} laid out"))
    finally:
        place.empty()


def show_table(ask: Ask, fitted: Embedding) -> None:
    """Every point of the map in words and numbers."""
    if fold := lazy_expander("The map as a table", "map_table"):
        images = mapped_pictures(ask.found.dataset)
        columns = {
            "picture": list(range(len(images))),
            CLASS: [images.class_names[label] for label in images.labels],
        }
        for name in colours_of(images)[1:]:
            columns[name] = images.factors[:, images.factor_names.index(name)].tolist()
        for axis, numbers in zip(PLACE, fitted.coordinates_.T, strict=False):
            columns[f"place, {axis}"] = numbers.tolist()
        fold.dataframe(columns, hide_index=True, alt="Class, factors and place of every picture")
