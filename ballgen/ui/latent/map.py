"""The map of latent codes, and the table behind it."""

from __future__ import annotations

import streamlit as st

from ballgen.latent.embedding import Embedding
from ballgen.runs.catalogue import CheckpointInfo
from ballgen.ui.latent.controls import View
from ballgen.ui.latent.data import MapChoice, figure_of, fit_map, is_ready, mapped_images
from ballgen.ui.latent.figure import CLASS, colours_of
from ballgen.ui.latent.pointer import AXES
from ballgen.ui.theme import family_name
from ballgen.ui.widgets.controls import asked_for
from ballgen.ui.widgets.tables import lazy_expander

MAP_KEY = "latent-map"
# All buttons of a flat map by Plotly's names: Streamlit strikes the two for circling from Plotly's
# usual ones, and they cannot be added again.
BUTTONS = [
    ["toImage"],
    ["lasso2d", "select2d", "zoom2d", "pan2d"],
    ["zoomIn2d", "zoomOut2d", "resetScale2d"],
]
MEANINGS = {
    "PCA": "The codes projected onto the directions in which they vary most.",
    "t-SNE": "Images with similar codes lie together; how far groups lie apart says little.",
    "UMAP": "Images with similar codes lie together; distances between groups say a little.",
}


def show_map(view: View) -> Embedding | None:
    """The map itself, computed first if need be; None while a link alone asks for that.

    Raises `InputError`.
    """
    info, choice = view.info, view.choice
    if choice.method != "PCA" and not is_ready(info, choice):
        cost = f"{choice.method} takes some seconds for this map."
        if not asked_for("embedding", "Fit the map", cost):
            return None
    flat = choice.dims == 2
    with st.container(key=MAP_KEY):
        fitted = _with_progress(info, choice)
        count, size = fitted.codes_.shape
        short, long = family_name(info.family)
        st.plotly_chart(
            figure_of(info, choice, view.colour),
            key="map-figure",
            config={"displaylogo": False} | ({"modeBarButtons": BUTTONS} if flat else {}),
            alt=f"{choice.method} embedding in {choice.dims} dimensions of the codes that the "
            f"{long or short} gives {count:,} test images, coloured by {view.colour}. The table "
            "at the end of the page has all coordinates.",
        )
    shown = f"{count:,} test images, {size} latent dimension{'s' if size > 1 else ''}. "
    if choice.method == "PCA":
        shown += (
            f"The map holds {fitted.explained_variance_ratio_.sum():.0%} of the codes' variance. "
        )
    hint = "Circle points to compare them with the rest." if flat else ""
    st.caption(f"{shown}{MEANINGS[choice.method]} {hint}")
    return fitted


def _with_progress(info: CheckpointInfo, choice: MapChoice) -> Embedding:
    if is_ready(info, choice) or choice.method == "PCA":
        return fit_map(info, choice)
    place = st.empty()
    try:
        words = "Fitting the embedding; any other choice stops it …"
        if choice.method == "UMAP":
            words += " The first UMAP after a start gets ready for up to a minute."
        bar = place.progress(0.0, words)
        return fit_map(info, choice, lambda share: bar.progress(share, f"{share:.0%} done"))
    finally:
        place.empty()


def show_map_table(view: View, fitted: Embedding) -> None:
    """Every point of the map in words and numbers."""
    if inside := lazy_expander("The map as a table", "map_table"):
        images = mapped_images(view.info.dataset)
        columns = {
            "image": list(range(len(images))),
            CLASS: [images.class_names[label] for label in images.labels],
        }
        for name in colours_of(images)[1:]:
            columns[name] = images.factors[:, images.factor_names.index(name)].tolist()
        for axis, numbers in zip(AXES, fitted.coordinates_.T, strict=False):
            columns[f"coordinate {axis}"] = numbers.tolist()
        inside.dataframe(
            columns, hide_index=True, alt="Class, factors and coordinates of every image"
        )
