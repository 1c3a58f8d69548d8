"""The form for a new run: recipe, images, length, and every other setting on demand.

A link opens the form as it was. Keys begin with "new_" because other pages have a source, a size
and a seed too.
"""

from typing import Any

import streamlit as st

from ballgen.data.sources import NAMES
from ballgen.errors import InputError
from ballgen.recipes import RECIPES, Recipe, get_recipe
from ballgen.runs.estimates import Estimates
from ballgen.runs.folder import last_duration, read_recipe
from ballgen.runs.registry import Registry, Run
from ballgen.runs.uploads import check_source
from ballgen.ui.theme import room
from ballgen.ui.train.presets import show_presets, start_all
from ballgen.ui.train.settings import (
    MAX_NUMBER,
    ask_for_main_settings,
    ask_for_other_settings,
    fill_in_settings,
)
from ballgen.ui.train.state import DONE, collect_errors
from ballgen.ui.widgets.controls import ask_for_number, ask_for_seed, select
from ballgen.ui.widgets.sources import OWN, ask_for_images, ask_for_source, linked
from ballgen.ui.widgets.text import show_error, show_warning
from ballgen.util.wording import duration

SIZES = (0, 16, 28, 32, 48, 64, 96, 128)  # px; 0 is the source's own
MAX_MINUTES = 60 * 24 * 366
SOURCE = "new_source"  # key of its select
LOOKED, ESTIMATED = "estimate-looked", "estimate-known"
POLL_INTERVAL_S = 1.5  # until it is known how long it will take


def ask_for_run(registry: Registry) -> None:
    """The whole form, with what it will cost and the button that starts it."""
    with st.container(border=True, key="new-run"):
        presets = room("presets")
        try:
            new = _ask()
        except InputError as error:
            show_error(error, icon=":material/edit:")
            return
        with presets:
            show_presets(registry, new)
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button(
                "Start",
                icon=":material/play_arrow:",
                type="primary",
                key="start",
                disabled=new["source"] == OWN,
            ):
                start_all(registry, [new])
            _show_duration(registry, new)


def fill_in(registry: Registry, run: Run) -> None:
    """Put a run's settings into the form, to start another one like it.

    A setting that the form does not know, of a recipe of another version, is an error on the page.
    """
    state = st.session_state
    with collect_errors():
        recipe = read_recipe(registry, run)
        if recipe.name not in RECIPES:  # the form knows only the named ones
            recipe = recipe.changed({"name": recipe.family})
        size = run.loading.get("image_size")
        state.update(
            recipe=recipe.name,
            new_source=run.source,
            new_name=run.name,
            new_limit=run.loading.get("limit"),
            new_size=size if size in SIZES else 0,
            new_seed=run.seed,
            new_minutes=run.minutes,
        )
        fill_in_settings(recipe)
        state[DONE] = f"The settings of {run.name} are in the form below."


def _ask() -> dict[str, Any]:
    """What the form says, as `control.start` takes it.

    Raises `InputError` for settings that cannot go together.
    """
    with st.container(horizontal=True, gap="medium"):
        summaries = " ".join(f"**{one.name}**: {one.summary}." for one in RECIPES.values())
        help = f"A whole experiment as data. {summaries}"
        vae = list(RECIPES).index("vae")
        default = get_recipe(select("Recipe", list(RECIPES), "recipe", vae, width=150, help=help))
        source = ask_for_source(NAMES, SOURCE)
        values = ask_for_main_settings(default)
        limit = ask_for_number(
            "Training images (at most)",
            1,
            MAX_NUMBER,
            None,
            "new_limit",
            placeholder="all",
            width=190,
            help="Fewer images make a quick try; every class keeps its share. Test images stay all "
            "there are, so that runs can be compared.",
        )
        size = _ask_for_size(default)
    if source == OWN:
        ask_for_images(SOURCE)
    elif source not in NAMES:
        st.page_link(
            "pages/data.py",
            label="See how these images are understood",
            icon=":material/photo_library:",
            query_params={"view": "look at a source", "source": linked(source)},
        )
    with st.expander("Everything else", icon=":material/tune:"):
        name, minutes, seed = _ask_for_the_rest(default)
        values |= ask_for_other_settings(default)
    if source != OWN:
        check_source(source)
    return {
        "recipe": default.changed(values),
        "source": source,
        "name": name,
        "loading": {"limit": limit, "image_size": size},
        "seed": seed,
        "minutes": minutes,
    }


def _ask_for_size(default: Recipe) -> int | None:
    fixed = default.image_size
    size = select(
        "Size",
        SIZES,
        "new_size",
        format_func=lambda size: f"{size} px" if size else "default",
        disabled=bool(fixed),
        width=120,
        help=f"This recipe needs {fixed} px."
        if fixed
        else "Side of the images; smaller ones train faster. The default is 32 px for drawn balls "
        "and folders, and a known dataset's own size.",
    )
    return None if fixed else size or None


def _ask_for_the_rest(default: Recipe) -> tuple[str, float | None, int]:
    """Name, minutes and seed."""
    left, middle, right = st.columns(3)
    name = left.text_input(
        "Name",
        placeholder=default.name,
        key="new_name",
        bind="query-params",
        help="What the run is called in the list.",
    )
    with middle:
        minutes = ask_for_number(
            "Minutes instead of epochs",
            0.1,
            MAX_MINUTES,
            None,
            "new_minutes",
            step=0.01,
            placeholder="no limit",
            help="Train for so long, whatever else the machine does. Priors and scores come on "
            "top: about a fifth of it and 20 s.",
        )
    with right:
        seed = ask_for_seed(
            "new_seed", help="Same seed, same run, bit for bit, unless the clock ends it."
        )
    return name, minutes, seed


def _show_duration(registry: Registry, new: dict[str, Any]) -> None:
    """How long such a run will take: as the last one did, or by an estimate."""
    order = tuple(new[name] for name in ("recipe", "source", "loading", "seed", "minutes"))
    recipe, source, loading, _, minutes = order
    if source == OWN:
        st.caption("Bring your images in above, and it can start.")
        return
    try:
        seconds = None if minutes else last_duration(registry, recipe, source, **loading)
    except InputError as error:
        show_warning(f"This cannot be loaded: {error}")
        return
    if seconds is not None:
        st.caption(f"The last run of this recipe took {duration(seconds)} here.")
        return
    done = st.session_state.get(ESTIMATED) == order
    st.session_state[LOOKED] = done
    st.fragment(_show_estimate, run_every=None if done else POLL_INTERVAL_S)(*order)


def _show_estimate(*order: Any) -> None:
    """Ask how long it will take, but not before the browser looks again: many only pass by."""
    state, seconds = st.session_state, None
    text = "Trying a few steps, to say how long it will take …"
    if state[LOOKED]:
        try:
            if seconds := _estimates().ask(*order):
                text = f"About {duration(seconds)} to the finished checkpoint on this machine."
        except InputError:  # the run itself will say why
            text = ""
        if state.get(ESTIMATED) != order and (seconds or not text):
            state[ESTIMATED] = order
            st.rerun()  # the whole page, so that the polling ends
    state[LOOKED] = True
    if minutes := order[-1]:
        text = f"It trains for {minutes:g} min, then priors are fitted and scored. {text}"
    st.caption(text)


@st.cache_resource
def _estimates() -> Estimates:
    """For all visitors."""
    return Estimates()


def show_empty_state() -> None:
    """What to do where there is no run yet."""
    st.info(
        "**No run yet.** Start one below: a VAE of 2 minutes is a quick look. It trains in a "
        "process of its own, so this page may be closed meanwhile.",
        icon=":material/sports_basketball:",
    )
