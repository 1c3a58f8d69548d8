"""Below the map, one tab at a time: what is selected, a region, and the map as a table."""

import streamlit as st

from ballgen.latent.embedding import Embedding
from ballgen.ui.latent.controls import AXES, TAB, TABS, View
from ballgen.ui.latent.data import embedded_images
from ballgen.ui.latent.points import CLASS, colours_of
from ballgen.ui.latent.region import Region, ask_for_region, show_region
from ballgen.ui.latent.selected import show_selected


class Tabs:
    """Made before the map, which is drawn with what stands in them.

    where  takes the controls of what is selected
    """

    def __init__(self) -> None:
        # A closed one keeps its controls, which the link names, and computes nothing.
        self._tabs = st.tabs(TABS, key=TAB, on_change="rerun", bind="query-params")
        with self._tabs[0]:
            self.where = st.container()

    def ask_for_region(self, view: View) -> Region:
        """The selected region."""
        with self._tabs[1]:
            return ask_for_region(view)

    def show(self, view: View, fitted: Embedding, region: Region) -> None:
        """What the open one is about. Raises `InputError`."""
        selected, lasso, table = self._tabs
        if selected.open:
            with selected:
                show_selected(view, fitted)
        if lasso.open:
            with lasso:
                show_region(view, fitted, region)
        if table.open:
            with table:
                _show_table(view, fitted)


def _show_table(view: View, fitted: Embedding) -> None:
    images = embedded_images(view.info.dataset)
    columns = {
        "image": list(range(len(images))),
        CLASS: [images.class_names[label] for label in images.labels],
    }
    for name in colours_of(images)[1:]:
        columns[name] = images.factors[:, images.factor_names.index(name)].tolist()
    for axis, numbers in zip(AXES, fitted.coordinates_.T, strict=False):
        columns[f"coordinate {axis}"] = numbers.tolist()
    st.dataframe(columns, hide_index=True, alt="Class, factors and coordinates of every image")
