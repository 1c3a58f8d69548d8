"""A recipe's settings as widgets: title, unit, help and choices come from the recipe itself.

The link keeps what differs from the recipe, under the widgets' keys.
"""

from collections.abc import Iterable
from typing import Any

import streamlit as st

from ballgen.recipes import Recipe
from ballgen.ui.widgets.controls import ask_for_number, select
from ballgen.util.settings import Setting, settings

MAIN = ("training.epochs", "network.latent_dim")  # in the first row of the form
# Asked for elsewhere on the form, or not the visitor's to choose.
ELSEWHERE = (
    "name", "family", "summary", "image_size", "channels", "network.kind", "training.min_steps"
)  # fmt: skip
MAX_NUMBER = 10_000_000
# Of settings that a network's memory grows with, because a link may name any number.
MAX_NUMBERS = {
    "network.width": 512,
    "network.full_resolution_channels": 512,
    "network.latent_dim": 4096,
    "training.batch_size": 8192,
    "finetuning.discriminator_width": 512,
}
PARTS = {
    "network": "Network",
    "loss": "Loss",
    "training": "Training",
    "optimizer": "Optimizer",
    "finetuning": "Adversarial fine-tuning",
    "sampling": "Sampling",
    "scores": "Scores",
}
TITLES = {
    "name": "Optimizer",
    "latent_dim": "Latent dimensions",
    "kl_weight": "Weight of the KL term",
    "r1_gamma": "Weight of R1",
    "r1_every": "R1 every",
    "ema_decay": "EMA decay",
}
COLUMNS = 3


def ask_for_main_settings(recipe: Recipe) -> dict[str, Any]:
    """The settings of the first row, by path."""
    return _ask_for(recipe, (one for one in settings(recipe) if one.path in MAIN), width=170)


def ask_for_other_settings(recipe: Recipe) -> dict[str, Any]:
    """All other settings by path, under the names of their parts."""
    values = {}
    others = [one for one in settings(recipe) if one.path not in MAIN + ELSEWHERE]
    for part, title in PARTS.items():
        if group := [one for one in others if one.path.partition(".")[0] == part]:
            st.markdown(f"**{title}**")
            columns = st.columns(COLUMNS)
            for number, column in enumerate(columns):
                with column:
                    values |= _ask_for(recipe, group[number::COLUMNS])
    return values


def fill_in_settings(recipe: Recipe) -> None:
    """Put a recipe's values into the widgets, as far as these go."""
    for setting in settings(recipe):
        value = setting.value
        if isinstance(value, tuple):
            value = list(value) if setting.choices else ",".join(map(str, value))
        elif type(value) is int:
            value = min(value, _max_number(setting))
        if setting.path not in ELSEWHERE:
            st.session_state[_key(recipe, setting)] = value


def _ask_for(recipe: Recipe, some: Iterable[Setting], **layout: Any) -> dict[str, Any]:
    return {one.path: _widget(one, _key(recipe, one), **layout) for one in some}


def _key(recipe: Recipe, setting: Setting) -> str:
    """Begins with "new_" because other pages have priors too."""
    return f"new_{recipe.name}_{setting.path.replace('.', '_')}"


def _max_number(setting: Setting) -> int:
    return MAX_NUMBERS.get(setting.path, MAX_NUMBER)


def _widget(setting: Setting, key: str, **layout: Any) -> Any:
    """A widget as the setting's type and choices ask for; returns its value."""
    value, choices, name = setting.value, setting.choices, setting.path.rpartition(".")[2]
    title = TITLES.get(name, name.replace("_", " ").capitalize())
    unit = setting.unit if setting.unit.lower() not in title.lower() else ""
    label = f"{title} ({unit})" if unit else title
    text = setting.reason[:1].upper() + setting.reason[1:] + "."
    shared = {"key": key, "help": text} | layout
    if type(value) is int and not choices:
        return ask_for_number(label, 0, _max_number(setting), value, **shared)
    if type(value) is float and not choices:
        step = value / 10 or 0.1
        return ask_for_number(label, 0, MAX_NUMBER, value, step=step, format="%g", **shared)
    if choices and not isinstance(value, tuple):
        return select(label, choices, index=choices.index(value), **shared)
    shared["bind"] = "query-params"
    if choices:
        return st.multiselect(label, choices, value, select_all=False, **shared)
    if isinstance(value, bool):
        return st.toggle(label, value, **shared)
    return st.text_input(label, ",".join(map(str, value)), **shared)
