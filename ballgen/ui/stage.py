"""The side bar of every page that shows checkpoints: which of them are on stage."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from ballgen.models import FAMILIES
from ballgen.ui.shelf import (
    FOLDERS_VARIABLE,
    Found,
    HeldOut,
    Shelf,
    checkpoint_folders,
    find_checkpoints,
)
from ballgen.ui.theme import family_name


@dataclass(frozen=True)
class Stage:
    """One checkpoint per family, None where a family has none, all for the same pictures."""

    pictures: HeldOut
    checkpoints: dict[str, Found | None]


def choose_stage() -> Stage | None:
    """Ask in the side bar who is on stage; None, and what to do about it, if there is nobody."""
    folders = checkpoint_folders()
    shelf = find_checkpoints(folders)
    with st.sidebar:
        stage = _ask(shelf) if shelf.found else None
        for line in shelf.damaged:
            st.warning(line, icon=":material/broken_image:")
        if stage:
            st.caption(
                f"Found in {', '.join(f'`{folder.name}`' for folder in folders)}. "
                f"`{FOLDERS_VARIABLE}` names other folders."
            )
    if not stage:
        _teach()
    return stage


def _ask(shelf: Shelf) -> Stage:
    st.header("On stage", anchor=False)
    pictures = _ask_for_pictures(shelf.pictures())
    checkpoints: dict[str, Found | None] = {}
    for family in FAMILIES:
        choices = {found.name: found for found in shelf.of(family, pictures)}
        if not choices:
            checkpoints[family] = None
            continue
        name = st.selectbox(
            family_name(family).short,
            list(choices),
            key=family,
            bind="query-params",
            filter_mode=None,
        )
        checkpoints[family] = choices.get(name, next(iter(choices.values())))
    return Stage(pictures, checkpoints)


def _ask_for_pictures(known: list[HeldOut]) -> HeldOut:
    """Families are compared on the same pictures, so these are chosen first."""
    titles: dict[str, HeldOut] = {}
    for pictures in known:
        short = pictures.title
        fuller = (short, f"{short}, {pictures.count:,} pictures", f"{short} ({pictures.digest})")
        titles[next(title for title in fuller if title not in titles)] = pictures
    if len(titles) == 1:
        return known[0]
    title = st.selectbox(
        "Pictures",
        list(titles),
        key="pictures",
        bind="query-params",
        filter_mode=None,
        help="What the checkpoints were trained on. Only those of the same pictures compare.",
    )
    return titles.get(title, known[0])


def _teach() -> None:
    """The empty state: what would be here, and the one step that brings it."""
    st.info(
        "**No checkpoint yet.** This command trains an autoencoder, a VAE and a GAN on drawn "
        "sports balls, a minute each, and this page then shows them side by side. Without "
        "`--minutes` they train to the end, which is worth the wait.",
        icon=":material/sports_basketball:",
    )
    st.code("python train_all.py --minutes 1", language="bash")
    if st.button("Look again", icon=":material/refresh:"):
        st.rerun()
