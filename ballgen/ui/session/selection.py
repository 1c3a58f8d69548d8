"""The side bar of every page that shows checkpoints: which of them the page compares."""

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
from ballgen.ui.widgets.controls import select
from ballgen.ui.widgets.text import plain, show_warning
from ballgen.util.paths import TRAIN_COMMAND

MAX_SELECTED = 4  # more are too narrow beside each other
KEY = "models"  # of the choice, also in links
FROM_LINK = "models-from-link"  # in the session: what `_read_link` found


@dataclass(frozen=True)
class Slot:
    """One model on the page: a selected checkpoint, or a family that has none yet.

    key    begins the keys of its elements and of its settings in the link: "vae", "vae2"
    title  what the page calls it: "VAE", "VAE 2"
    info   None while the family has no checkpoint for this dataset
    """

    key: str
    family: str
    title: str
    info: CheckpointInfo | None

    @property
    def colour(self) -> str:
        return family_colour(self.family)

    @property
    def name(self) -> str:
        """The checkpoint's name where the title does not say it already; else ""."""
        return self.info.name if self.info and self.info.name != self.family else ""


@dataclass(frozen=True)
class Selection:
    """The models that a page compares, all trained on the same dataset."""

    dataset: DatasetInfo
    slots: tuple[Slot, ...]


def choose_models() -> Selection | None:
    """Ask in the side bar which models to show; None, and the next step, if there is no model."""
    catalogue = list_checkpoints()
    with st.sidebar:
        selection = _ask(catalogue) if catalogue.checkpoints else None
        for line in catalogue.damaged:
            show_warning(line, icon=":material/broken_image:")
        if selection:
            folders = ", ".join(f"{folder.name}/" for folder in checkpoint_folders())
            st.caption(
                f"Checkpoints in {plain(folders)}, and the finished runs of the page Train. "
                f"`{FOLDERS_VARIABLE}` names other folders."
            )
    if not selection:
        _show_empty_state()
    return selection


def _ask(catalogue: Catalogue) -> Selection:
    st.header("Models", anchor=False)
    dataset = _ask_for_dataset(catalogue.datasets())
    known = {family: catalogue.of(family, dataset) for family in FAMILIES}
    default = [infos[0] for infos in known.values() if infos][:MAX_SELECTED]
    choices = {info.name: info for infos in (default, *known.values()) for info in infos}
    named, gone = _read_link(choices)
    if named and KEY in st.session_state:
        st.session_state[KEY] = named
    names = st.multiselect(
        "Checkpoints and runs",
        list(choices),
        default=[info.name for info in default],
        max_selections=MAX_SELECTED,
        key=KEY,
        bind="query-params",
        filter_mode="contains",
        select_all=False,
        help=f"Up to {MAX_SELECTED} of them, a family more than once if you like.",
    )
    if set(named) - set(names):
        st.session_state[FROM_LINK] = named, gone
        st.rerun()  # on the first run a link outdoes what the script sets
    if gone:
        show_warning(
            f"The link names {', '.join(gone)}, which is not there (any more) for these images.",
            icon=":material/link_off:",
        )
    chosen = [choices[name] for name in names if name in choices] or default
    return Selection(dataset, _slots(known, chosen, default))


def _read_link(choices: dict[str, CheckpointInfo]) -> tuple[list[str], list[str]]:
    """The models that a link names, runs by their present names, and the names that are gone."""
    if FROM_LINK in st.session_state:
        return st.session_state.pop(FROM_LINK)
    if KEY in st.session_state:
        return [], []
    asked = st.query_params.get_all(KEY)
    runs = {info.run: name for name, info in choices.items() if info.run}
    known = {name: name if name in choices else runs.get(run_id_in(name)) for name in asked}
    present = [name for name in known.values() if name][:MAX_SELECTED]
    return present, [name for name in asked if not known[name]]


def _slots(
    known: dict[str, list[CheckpointInfo]],
    chosen: list[CheckpointInfo],
    default: list[CheckpointInfo],
) -> tuple[Slot, ...]:
    """Families in their order; one without a checkpoint is there until somebody chooses."""
    slots = []
    for family, infos in known.items():
        title = family_name(family).short
        for number, info in enumerate((c for c in chosen if c.family == family), start=1):
            suffix = f"{number}" if number > 1 else ""
            slots.append(Slot(family + suffix, family, f"{title} {suffix}".strip(), info))
        if not infos and chosen == default:
            slots.append(Slot(family, family, title, None))
    return tuple(slots)


def _ask_for_dataset(datasets: list[DatasetInfo]) -> DatasetInfo:
    """Models compare only on the same images, so the dataset is chosen first."""
    titles: dict[str, DatasetInfo] = {}
    for dataset in datasets:
        short = dataset.title
        fuller = (short, f"{short}, {dataset.count:,} images", f"{short} ({dataset.digest})")
        titles[next(title for title in fuller if title not in titles)] = dataset
    if len(titles) == 1:
        return datasets[0]
    help = "What the checkpoints were trained on. Only those of the same dataset compare."
    return titles[select("Dataset", list(titles), "dataset", help=help)]


def _show_empty_state() -> None:
    """What would be here, and the one step that brings it."""
    st.info(
        "**No checkpoint yet.** This command trains an autoencoder, a VAE and a GAN on drawn "
        "sports balls, a minute each, and this page then shows them side by side. Without "
        "`--minutes` they train to the end, in about 45 minutes on two slow cores.",
        icon=":material/sports_basketball:",
    )
    st.code(f"{TRAIN_COMMAND} --minutes 1", language="bash")
    if st.button("Look again", icon=":material/refresh:"):
        st.rerun()
