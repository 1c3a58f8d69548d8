"""Runs that start with one press, on the images that the form names."""

from typing import Any, NamedTuple

import streamlit as st

from ballgen.recipes import get_recipe
from ballgen.runs import control
from ballgen.runs.registry import Registry, Run
from ballgen.ui.train.state import DONE, collect_errors
from ballgen.ui.widgets.controls import set_link
from ballgen.ui.widgets.sources import OWN


class Preset(NamedTuple):
    """Runs that take their turns.

    minutes  that each trains; None for as many epochs as its recipe has
    """

    label: str
    icon: str
    recipes: tuple[str, ...]
    minutes: float | None
    help: str


ON_TOP = "Priors and scores take about a fifth of it and 20 s on top."
PRESETS = (
    Preset("VAE, 2 min", "bolt", ("vae",), 2.0, f"A quick look. {ON_TOP}"),
    Preset(
        "AE, VAE and GAN, 3 min each",
        "compare",
        ("ae", "vae", "gan"),
        3.0,
        f"All three families, one after the other, to be compared. {ON_TOP}",
    ),
    Preset(
        "As shipped, hours",
        "schedule",
        ("ae-long", "vae-long", "gan-long"),
        None,
        "The recipes of the shipped models, one after the other: on the drawn balls about an hour "
        "each on one core of a laptop.",
    ),
)


def show_presets(registry: Registry, new: dict[str, Any]) -> None:
    """A button for each preset, which takes images and seed from the form.

    new  as `control.start` takes it
    """
    shared = {name: new[name] for name in ("source", "loading", "seed")}
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Start at once:", width="content")
        for preset in PRESETS:
            if st.button(
                preset.label,
                icon=f":material/{preset.icon}:",
                key=f"preset-{preset.recipes[-1]}",
                help=preset.help,
                disabled=new["source"] == OWN,
            ):
                recipes = map(get_recipe, preset.recipes)
                order = shared | {"minutes": preset.minutes}
                start_all(registry, [order | {"recipe": recipe} for recipe in recipes])


def start_all(registry: Registry, orders: list[dict[str, Any]]) -> None:
    """Start runs, each as `control.start` takes it, or have them wait for their turn; look at the
    first, and say so wherever the page is scrolled to.
    """
    busy = any(run.active for run in registry.all())
    runs: list[Run] = []
    with collect_errors():
        for order in orders:
            runs.append(control.start(registry, **order))
    if runs:
        first, *others = (run.name for run in runs)
        said = f"{first} {'waits for its turn' if busy else 'starts'}."
        if others:
            said += f" Then come {' and '.join(others)}."
        st.session_state[DONE] = said
        set_link(run=runs[0].id, epoch=None)
    st.rerun()
