"""The form for a new run: every field, unit and help comes from the recipe itself.

What differs from the recipe stands in the link, under the widgets' keys, so that a link opens the
form as it was. Keys begin with "new_" because other pages have a source, a size and priors too.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

import streamlit as st

from ballgen.data.sources import NAMES
from ballgen.errors import InputError
from ballgen.recipes import RECIPES, Recipe, get_recipe
from ballgen.runs import control
from ballgen.runs.duration import last_duration
from ballgen.runs.registry import Registry, Run
from ballgen.runs.uploads import store_folder, store_zip, uploaded_images
from ballgen.ui.theme import family_name
from ballgen.ui.train.state import follow, tell
from ballgen.ui.widgets.controls import ask_for_seed
from ballgen.util.settings import Setting, settings
from ballgen.util.wording import duration

MAIN = ("training.epochs", "network.latent_dim")
# Asked for elsewhere on the form, or not the visitor's to choose.
ELSEWHERE = ("name", "family", "summary", "image_size", "channels", "network.kind")
SIZES = (0, 16, 28, 32, 48, 64, 96, 128)  # px; 0 is the source's own
OWN = "your own pictures"
WISH = "start-wished"
LINKED = "query-params"
MOST = 10_000_000
# Of settings that a network's memory grows with, because a link may name any number.
LARGEST = {
    "network.width": 512,
    "network.full_resolution_channels": 512,
    "network.latent_dim": 4096,
    "training.batch_size": 8192,
    "finetuning.discriminator_width": 512,
}
PARTS = {
    "optimizer": "Optimizer",
    "training": "Training",
    "sampling": "Sampling",
    "network": "Network",
    "loss": "Loss",
    "finetuning": "Adversarial fine-tuning",
    "scores": "Scores",
}
TITLES = {
    "network.latent_dim": "Latent dimensions",
    "loss.kl_weight": "Weight of the KL term",
    "r1_gamma": "Weight of R1",
    "r1_every": "R1 every",
    "optimizer.ema_decay": "EMA decay",
}


def ask_for_run(registry: Registry) -> None:
    """The whole form, with what it will cost and the button that starts it."""
    with st.container(border=True, key="new-run"):
        with st.container(horizontal=True, gap="medium"):
            name = _ask_for_recipe()
            source = _ask_for_source()
            usual = get_recipe(name)
            known = {setting.path: setting for setting in settings(usual)}
            values = {path: _ask(known[path], usual) for path in MAIN}
            limit = st.number_input(
                "Pictures (at most)",
                min_value=1,
                value=None,
                placeholder="all",
                key="new_limit",
                bind=LINKED,
                width=150,
                help="Fewer pictures make a quick try; every class keeps its share.",
            )
            size = _ask_for_size(usual)
        if source == OWN:
            _ask_for_pictures()
        with st.expander("Everything else", icon=":material/tune:"):
            seed, minutes, title = _ask_for_the_rest(usual)
            others = [s for path, s in known.items() if path not in MAIN + ELSEWHERE]
            for part, group in groupby(others, lambda setting: setting.path.partition(".")[0]):
                st.markdown(f"**{PARTS[part]}**")
                columns = st.columns(3)
                for number, setting in enumerate(group):
                    with columns[number % 3]:
                        values[setting.path] = _ask(setting, usual)
        try:
            recipe = usual.changed(values)
        except InputError as error:
            st.error(str(error), icon=":material/edit:")
            return
        with st.container(horizontal=True, vertical_alignment="center"):
            # The callback only wishes: what was typed and not yet sent comes with this very click,
            # and a callback's arguments would be those from before it.
            st.button(
                "Start",
                icon=":material/play_arrow:",
                type="primary",
                key="start",
                disabled=source == OWN,
                on_click=lambda: st.session_state.update({WISH: True}),
            )
            if st.session_state.pop(WISH, False):
                _start(registry, recipe, source, title, limit, size, seed, minutes)
                st.rerun()
            if source == OWN:
                st.caption("Drop your pictures above, and it can start.")
            elif minutes:
                st.caption(f"It trains for {minutes:g} min. Then priors are fitted and scored.")
            else:
                _show_duration(registry, recipe, source, limit, size)


def fill_in(run: Run) -> None:
    """Put a run's settings into the form, as far as it goes, to start another one like it; that
    another version's recipe has settings which this one does not know is told.
    """
    with tell():
        recipe = Recipe.from_dict(run.recipe)
        if recipe.name not in RECIPES:  # the form knows only the named ones
            recipe = recipe.changed({"name": recipe.family})
        _fill_in(run, recipe)


def _fill_in(run: Run, recipe: Recipe) -> None:
    state = st.session_state
    state["recipe"], state["new_source"] = recipe.name, run.source
    state["new_limit"] = run.loading.get("limit")
    size = run.loading.get("image_size")
    state["new_size"] = size if size in SIZES else 0
    state["new_seed"], state["new_minutes"], state["new_name"] = run.seed, run.minutes, run.name
    for setting in settings(recipe):
        if setting.path not in ELSEWHERE:
            value = setting.value
            if isinstance(value, tuple):
                value = list(value) if setting.choices else ",".join(map(str, value))
            elif type(value) is int:
                value = min(value, _largest(setting))
            state[_key(recipe, setting)] = value


def _ask_for_recipe() -> str:
    name = st.selectbox(
        "Recipe",
        list(RECIPES),
        index=list(RECIPES).index("vae"),
        key="recipe",
        bind=LINKED,
        filter_mode=None,
        width=150,
        help="A whole experiment as data. "
        + " ".join(f"**{recipe.name}**: {recipe.summary}." for recipe in RECIPES.values()),
    )
    return name if name in RECIPES else "vae"


def _ask_for_source() -> str:
    kept = {str(path): path.name for path in uploaded_images()}
    return st.selectbox(
        "Pictures from",
        [*NAMES, *kept, OWN],
        key="new_source",
        bind=LINKED,
        format_func=lambda source: kept.get(source, source),
        accept_new_options=True,
        width=200,
        help="Drawn balls, a known data set, pictures of your own, or type the path of a folder or "
        "a .zip on this machine.",
    )


def _ask_for_pictures() -> None:
    """Places to drop one's own; what was dropped is the source from then on."""

    def take_zip() -> None:
        if file := st.session_state["new_zip"]:
            with tell():
                st.session_state["new_source"] = str(store_zip(file.name, file.getvalue()))

    def take_folder() -> None:
        if files := st.session_state["new_folder"]:
            with tell():
                path = store_folder({file.name: file.getvalue() for file in files})
                st.session_state["new_source"] = str(path)

    left, right = st.columns(2)
    left.file_uploader("A .zip of pictures", "zip", key="new_zip", on_change=take_zip)
    right.file_uploader(
        "… or a folder of them",
        accept_multiple_files="directory",
        key="new_folder",
        on_change=take_folder,
    )
    st.caption(
        "One folder per kind of ball, or a `labels.csv` beside the pictures; without either they "
        "are all of one kind. They are kept on this machine, beside the runs."
    )


def _ask_for_size(usual: Recipe) -> int | None:
    size = st.selectbox(
        "Size",
        SIZES,
        key="new_size",
        bind=LINKED,
        format_func=lambda size: f"{size} px" if size else "own",
        disabled=bool(usual.image_size),
        filter_mode=None,
        width=110,
        help=f"This recipe wants {usual.image_size} px."
        if usual.image_size
        else "Side of the pictures; smaller ones train faster.",
    )
    return None if usual.image_size else size or None


def _ask_for_the_rest(usual: Recipe) -> tuple[int, float | None, str]:
    title, clock, third = st.columns(3)
    with third:
        seed = ask_for_seed("new_seed", help="Same seed, same run, bit for bit.")
    return (
        seed,
        clock.number_input(
            "Minutes instead of epochs",
            min_value=0.1,
            value=None,
            placeholder="no limit",
            key="new_minutes",
            bind=LINKED,
            help="End by the clock; the schedule is planned for it.",
        ),
        title.text_input(
            "Name",
            placeholder=usual.name,
            key="new_name",
            bind=LINKED,
            help="What the run is called in the list.",
        ),
    )


def _key(recipe: Recipe, setting: Setting) -> str:
    return f"new_{recipe.name}_{setting.path.replace('.', '_')}"


def _largest(setting: Setting) -> int:
    """What the form lets a setting of whole numbers be."""
    return LARGEST.get(setting.path, MOST)


def _ask(setting: Setting, usual: Recipe) -> Any:
    """A widget for one setting, as its type and choices ask for."""
    value, unit, name = setting.value, setting.unit, setting.path.rpartition(".")[2]
    title = TITLES.get(setting.path) or TITLES.get(name, name.replace("_", " ").capitalize())
    label = f"{title} ({unit})" if unit and unit.lower() not in title.lower() else title
    text = setting.reason[:1].upper() + setting.reason[1:] + "."
    shared = {"key": _key(usual, setting), "help": text, "bind": LINKED}
    choices = setting.choices
    if choices and isinstance(value, tuple):
        return st.multiselect(label, choices, value, select_all=False, **shared)
    if choices:
        return st.selectbox(label, choices, index=choices.index(value), filter_mode=None, **shared)
    if isinstance(value, bool):
        return st.toggle(label, value, **shared)
    if isinstance(value, int):
        width = 170 if setting.path in MAIN else "stretch"
        most = _largest(setting)
        return st.number_input(
            label, min_value=0, max_value=most, value=value, step=1, width=width, **shared
        )
    if isinstance(value, float):
        step = value / 10 or 0.1
        return st.number_input(label, min_value=0.0, value=value, step=step, format="%g", **shared)
    return st.text_input(label, ",".join(map(str, value)), **shared)


def _start(
    registry: Registry,
    recipe: Recipe,
    source: str,
    title: str,
    limit: int | None,
    size: int | None,
    seed: int,
    minutes: float | None,
) -> None:
    loading = {"limit": limit, "image_size": size}
    with tell():
        run = control.start(
            registry,
            recipe,
            source,
            name=title,
            loading=loading,
            seed=seed,
            minutes=minutes,
        )
        follow(run.id)


def _show_duration(
    registry: Registry, recipe: Recipe, source: str, limit: int | None, size: int | None
) -> None:
    """How long the last run of the same kind took, if there was one."""
    try:
        seconds = last_duration(registry, recipe, source, limit, size)
    except InputError as error:
        st.warning(f"This cannot be loaded: {error}")
        return
    if seconds is not None:
        st.caption(f"The last run of this recipe took {duration(seconds)} here.")


def teach() -> None:
    """The empty state."""
    vae = family_name("vae").short
    st.info(
        f"**No run yet.** Start one below: a {vae} on 2,000 pictures (at most) and 20 epochs is a "
        "quick try. It trains in a process of its own, so this page may be closed meanwhile.",
        icon=":material/sports_basketball:",
    )
