"""The side bar of every page that shows checkpoints: which of them are on stage."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from ballgen.models import FAMILIES
from ballgen.runs.catalogue import (
    FOLDERS_VARIABLE,
    Catalogue,
    CheckpointInfo,
    DatasetInfo,
    checkpoint_folders,
    list_checkpoints,
    run_id_in,
)
from ballgen.ui.theme import family_colour, family_name

MOST_ON_STAGE = 4  # more stand too narrow beside each other
KEY = "stage"  # of the choice, also in links
MEANT = "meant-by-the-link"  # who is called otherwise by now, and who is gone


@dataclass(frozen=True)
class Place:
    """One place on stage.

    key    begins the names of its parts and of its settings in the link: "vae", "vae2"
    title  what it is called beside the others: "VAE", "VAE 2"
    found  who stands there; None while the family has nothing for these pictures
    """

    key: str
    family: str
    title: str
    found: CheckpointInfo | None

    @property
    def colour(self) -> str:
        return family_colour(self.family)

    @property
    def name(self) -> str:
        """What was chosen, where the title does not say it already; else ""."""
        usual = not self.found or self.found.name == self.family
        return "" if usual else self.found.name


@dataclass(frozen=True)
class Stage:
    """Who is compared with whom, all for the same pictures."""

    pictures: DatasetInfo
    places: tuple[Place, ...]


def choose_stage() -> Stage | None:
    """Ask in the side bar who is on stage; None, and what to do about it, if there is nobody."""
    catalogue = list_checkpoints()
    with st.sidebar:
        stage = _ask(catalogue) if catalogue.checkpoints else None
        for line in catalogue.damaged:
            st.warning(line, icon=":material/broken_image:")
        if stage:
            folders = ", ".join(f"`{folder.name}`" for folder in checkpoint_folders())
            st.caption(
                f"Checkpoints in {folders}, and the finished runs of the page Train. "
                f"`{FOLDERS_VARIABLE}` names other folders."
            )
    if not stage:
        _teach()
    return stage


def _ask(catalogue: Catalogue) -> Stage:
    st.header("Shown", anchor=False)
    pictures = _ask_for_pictures(catalogue.datasets())
    known = {family: catalogue.of(family, pictures) for family in FAMILIES}
    usual = [found for fitting in known.values() for found in fitting[:1]][:MOST_ON_STAGE]
    everyone = usual + [found for fitting in known.values() for found in fitting]
    choices = {found.name: found for found in everyone}
    named, gone = _read_link(choices)
    if named and KEY in st.session_state:
        st.session_state[KEY] = named
    names = st.multiselect(
        "Checkpoints and runs",
        list(choices),
        default=[found.name for found in usual],
        max_selections=MOST_ON_STAGE,
        key=KEY,
        bind="query-params",
        filter_mode="contains",
        select_all=False,
        help=f"Up to {MOST_ON_STAGE} of them, a family more than once if you like.",
    )
    if set(named) - set(names):
        st.session_state[MEANT] = named, gone
        st.rerun()  # on the first run a link outdoes what the script sets
    if gone:
        st.warning(
            f"The link names {', '.join(gone)}, which is not there (any more) for these pictures.",
            icon=":material/link_off:",
        )
    chosen = [choices[name] for name in names if name in choices] or usual
    return Stage(pictures, _places(known, chosen, usual))


def _read_link(choices: dict[str, CheckpointInfo]) -> tuple[list[str], list[str]]:
    """Who a link names, which calls runs as they were called when it was made, and who is gone."""
    if MEANT in st.session_state:
        return st.session_state.pop(MEANT)
    if KEY in st.session_state:
        return [], []
    asked = st.query_params.get_all(KEY)
    runs = {found.run: name for name, found in choices.items() if found.run}
    known = {name: name if name in choices else runs.get(run_id_in(name)) for name in asked}
    present = [name for name in known.values() if name][:MOST_ON_STAGE]
    return present, [name for name in asked if not known[name]]


def _places(
    known: dict[str, list[CheckpointInfo]],
    chosen: list[CheckpointInfo],
    usual: list[CheckpointInfo],
) -> tuple[Place, ...]:
    """Families in their order; one that has nothing yet is missed until somebody chooses."""
    places = []
    for family, fitting in known.items():
        title = family_name(family).short
        for number, found in enumerate((c for c in chosen if c.family == family), start=1):
            more = number > 1
            places.append(
                Place(
                    f"{family}{number}" if more else family,
                    family,
                    f"{title} {number}" if more else title,
                    found,
                )
            )
        if not fitting and chosen == usual:
            places.append(Place(family, family, title, None))
    return tuple(places)


def _ask_for_pictures(known: list[DatasetInfo]) -> DatasetInfo:
    """Families are compared on the same pictures, so these are chosen first."""
    titles: dict[str, DatasetInfo] = {}
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
        "`--minutes` they train to the end, in about 45 minutes on two slow cores.",
        icon=":material/sports_basketball:",
    )
    st.code("python train_all.py --minutes 1", language="bash")
    if st.button("Look again", icon=":material/refresh:"):
        st.rerun()
