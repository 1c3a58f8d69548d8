"""Where a model is missing: a button that opens the page Train, filled in for it."""

import streamlit as st

from ballgen.data.sources import DEFAULT_IMAGE_SIZE
from ballgen.data.torchvision_sets import DATASETS
from ballgen.models import FAMILIES
from ballgen.runs.catalogue import DatasetInfo
from ballgen.ui.widgets.sources import linked
from ballgen.ui.widgets.text import plain
from ballgen.util.palette import family_name

PAGE = "pages/train.py"


def training_link(dataset: DatasetInfo, family: str) -> dict[str, str]:
    """What fills in the form of the page Train, so that the model compares with the others."""
    link = {"recipe": family}
    if dataset.source != "sportballs":
        link["new_source"] = linked(dataset.source)
    native, size = DATASETS.get(dataset.source), dataset.image_shape[1]
    if size != (native.size if native else DEFAULT_IMAGE_SIZE):
        link["new_size"] = f"{size} px"
    if dataset.limit is not None:
        link |= {"new_limit": str(dataset.limit), "new_seed": str(dataset.seed)}
    return link


def offer_training(dataset: DatasetInfo, family: str, place: str) -> None:
    """Say that these images have no model of this family yet, and offer to train one.

    place  distinguishes the button from others for the same family on one page
    """
    short = family_name(family).short
    st.caption(plain(f"No {short} for these images yet."))
    _offer(family, place, training_link(dataset, family))


def show_empty_state() -> None:
    """What would be here, and the step that brings it."""
    st.info(
        "**No checkpoint yet.** Train a model, and this page shows it; a minute is enough for a "
        "first look.",
        icon=":material/sports_basketball:",
    )
    with st.container(horizontal=True):
        for family in FAMILIES:
            _offer(family, "first", {"recipe": family})
        if st.button("Look again", icon=":material/refresh:"):
            st.rerun()


def _offer(family: str, place: str, link: dict[str, str]) -> None:
    short = family_name(family).short
    article = "an" if short[0] in "AEIOU" else "a"
    label = plain(f"Train {article} {short}")
    if st.button(label, icon=":material/model_training:", key=f"train-{family}-{place}"):
        st.switch_page(PAGE, query_params=link)
