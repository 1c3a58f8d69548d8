"""The side bar of every page that shows checkpoints: which of them the page compares.

Where one is missing, a button opens the page Train, filled in for it.
"""

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ballgen.data.sources import DEFAULT_IMAGE_SIZE
from ballgen.data.torchvision_sets import DATASETS
from ballgen.models import FAMILIES
from ballgen.runs.catalogue import (
    FOLDERS_VARIABLE,
    SHIPPED,
    Catalogue,
    CheckpointInfo,
    DatasetInfo,
    checkpoint_folders,
    list_checkpoints,
    run_id_in,
)
from ballgen.ui.theme import colour_edges
from ballgen.ui.widgets.controls import select, set_link
from ballgen.ui.widgets.sources import linked
from ballgen.ui.widgets.text import escaped, show_warning
from ballgen.util.palette import family_colour, family_name

MAX_SELECTED = 4  # more are too narrow beside each other
KEY = "models"  # in the session and in links: names of those that somebody chose
LINKED = "models-linked"  # in the session: what the link said last
ANOTHER = "another-model"
HIDDEN = ""  # the choice of no model of a family
PAGE = "pages/train.py"


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

    @property
    def models(self) -> dict[str, CheckpointInfo]:
        """The checkpoints by their titles."""
        return {slot.title: slot.info for slot in self.slots if slot.info}


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
                f"Checkpoints in {escaped(folders)}, and the finished runs of the page Train. "
                f"`{FOLDERS_VARIABLE}` names other folders."
            )
    if not selection:
        show_empty_state()
    return selection


def _ask(catalogue: Catalogue) -> Selection:
    """A list for each model that is shown, and for each family of which none is."""
    st.header("Models", anchor=False)
    dataset = _ask_for_dataset(catalogue.datasets())
    known = {family: catalogue.of(family, dataset) for family in FAMILIES}
    choices = {info.name: info for infos in known.values() for info in infos}
    default = [infos[0].name for infos in known.values() if infos][:MAX_SELECTED]
    names, gone = _selected(choices, default)
    slots = _slots(known, [choices[name] for name in names], names == default)
    for family, infos in known.items():
        own = [slot for slot in slots if slot.family == family and slot.info]
        if not infos:
            with _box(family, family):
                offer_training(dataset, family, "side")
        elif not own and len(names) < MAX_SELECTED:
            _ask_for_slot(Slot(family, family, family_name(family).short, None), infos, names)
        for slot in own:
            others = {one.info.name for one in own} - {slot.info.name}
            _ask_for_slot(slot, [info for info in infos if info.name not in others], names)
    others = [name for name in choices if name not in names]
    if others and len(names) < MAX_SELECTED:
        st.session_state[ANOTHER] = None
        st.selectbox(
            "Another model",
            others,
            index=None,
            key=ANOTHER,
            format_func=lambda name: _label(choices[name]),
            placeholder="+ another model",
            label_visibility="collapsed",
            on_change=_replace,
            args=(names, None, ANOTHER),
            help=f"Up to {MAX_SELECTED} side by side, a family more than once if you like.",
        )
    if gone:
        show_warning(
            f"The link names {', '.join(gone)}, which is not there (any more) for these images.",
            icon=":material/link_off:",
        )
    return Selection(dataset, slots)


def _ask_for_slot(slot: Slot, infos: list[CheckpointInfo], names: list[str]) -> None:
    """Which checkpoint of a family to show in a slot, if any."""
    labels = {info.name: _label(info) for info in infos} | {HIDDEN: "not shown"}
    key, present = f"model-{slot.key}", slot.info.name if slot.info else HIDDEN
    st.session_state[key] = present  # the box always says what is shown
    with _box(slot.key, slot.family):
        st.selectbox(
            slot.title,
            list(labels),
            key=key,
            format_func=lambda name: labels[name],
            filter_mode="contains",
            on_change=_replace,
            args=(names, present, key),
        )


def _box(key: str, family: str) -> DeltaGenerator:
    """A container with the family's colour at its edge."""
    colour_edges({f"of-{key}": family_colour(family)}, "left")
    return st.container(key=f"of-{key}", gap="xsmall")


def _label(info: CheckpointInfo) -> str:
    return "shipped" if info.folder.parent == SHIPPED and info.name == info.family else info.name


def _replace(names: list[str], old: str | None, key: str) -> None:
    """Show what the list `key` says in place of `old`; the last model stays."""
    new = st.session_state[key]
    replaced = [new if name == old else name for name in names]
    if old not in names:
        replaced.append(new)
    if left := [name for name in replaced if name]:
        st.session_state[KEY] = left


def _selected(
    choices: dict[str, CheckpointInfo], default: list[str]
) -> tuple[list[str], list[str]]:
    """Names of the models to show, and those that a link names in vain.

    The session keeps them from page to page, and the link of each page says them where they are
    not the default ones. A link that says others than the session last did is a new one.
    """
    state = st.session_state
    runs = {info.run: name for name, info in choices.items() if info.run}

    def present(names: list[str]) -> dict[str, str | None]:
        """Their present names, for runs may be renamed."""
        return {name: name if name in choices else runs.get(run_id_in(name)) for name in names}

    asked, gone = st.query_params.get_all(KEY), []
    if asked and asked != state.get(LINKED):
        gone = [name for name, found in present(asked).items() if not found]
        state[KEY] = asked
    found = dict.fromkeys(filter(None, present(state.get(KEY, [])).values()))
    names = list(found)[:MAX_SELECTED] or default
    link = names if names != default else []
    if asked != link:
        set_link(**{KEY: link})
    state[LINKED] = link
    if not link:
        state.pop(KEY, None)  # by default a model that is trained meanwhile joins the others
    return names, gone


def _slots(
    known: dict[str, list[CheckpointInfo]], chosen: list[CheckpointInfo], by_default: bool
) -> tuple[Slot, ...]:
    """Families in their order; one without a checkpoint is there until somebody chooses."""
    slots = []
    for family, infos in known.items():
        title = family_name(family).short
        for number, info in enumerate((c for c in chosen if c.family == family), start=1):
            suffix = f"{number}" if number > 1 else ""
            slots.append(Slot(family + suffix, family, f"{title} {suffix}".strip(), info))
        if not infos and by_default:
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
    st.caption(escaped(f"No {short} for these images yet."))
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
    label = escaped(f"Train {article} {short}")
    if st.button(label, icon=":material/model_training:", key=f"train-{family}-{place}"):
        st.switch_page(PAGE, query_params=link)
