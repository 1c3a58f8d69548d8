"""Controls that are the same on every page; the link keeps their values under their keys.

What takes the server seconds waits until somebody uses its control in this session: a link opens a
page as it was left, but whoever opens it may not know what it asks for.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from ballgen.ui.widgets.text import escaped
from ballgen.util.wording import prior_name

MAX_SEED = 2**31 - 1  # a browser's number field holds no larger one


def set_link(**values: str | list[str] | None) -> None:
    """Name these values in the link; one that is empty is named no more."""
    for name, value in values.items():
        if value:
            st.query_params[name] = value
        else:
            st.query_params.pop(name, None)


def ask_for_number(
    label: str,
    minimum: float,
    maximum: float,
    default: float | None,
    key: str,
    step: float = 1,
    **more,
) -> Any:
    """A number between two bounds, whole where the step is; None where that is the default.

    more  as `st.number_input` takes it

    Whole numbers are asked for as floats: a link may say `inf`, and where Streamlit turns that into
    a whole number the page ends in an exception.
    """
    whole = isinstance(step, int)
    default = None if default is None else float(default)
    number = st.number_input(
        label,
        float(minimum),
        float(maximum),
        default,
        float(step),
        key=key,
        bind="query-params",
        **({"format": "%.0f"} if whole else {}) | more,
    )
    return math.floor(number + 0.5) if whole and number is not None else number


def ask_for_seed(
    key: str = "seed", value: int = 0, label: str = "Seed", maximum: int = MAX_SEED, **more
) -> int:
    """A seed; `more` as `st.number_input` takes it."""
    return ask_for_number(label, 0, maximum, value, key, **more)


def choose(label: str, options: Sequence[Any], key: str, default: Any = None, **more) -> Any:
    """One of a few options side by side, the first if there is no default.

    more  as `st.segmented_control` takes it
    """
    default = options[0] if default is None else default
    chosen = st.segmented_control(
        label, options, default=default, required=True, key=key, bind="query-params", **more
    )
    return default if chosen is None else chosen  # a link may name none at all


def select(label: str, options: Sequence[Any], key: str, index: int = 0, **more) -> Any:
    """One of many options in a list that opens, at first the one at `index`.

    more  as `st.selectbox` takes it
    """
    chosen = st.selectbox(
        label, options, index=index, key=key, bind="query-params", filter_mode=None, **more
    )
    return chosen if chosen in options else options[index]


def ask_for_prior(label: str, priors: Sequence[str], default: str, key: str, **more) -> str:
    """One of some priors, by their names for people; the first where the default is not among them.

    more  as `st.selectbox` takes it
    """
    names = {prior_name(prior): prior for prior in priors}
    index = priors.index(default) if default in priors else 0
    return names[select(label, list(names), key, index, **more)]


def mark_requested(key: str) -> Callable[[], None]:
    """The `on_change` of the control `key`, which a link does not call: remembers a use of it."""
    return lambda: st.session_state.update({f"{key}-asked": True})


def requested(key: str, what: str, cost: str) -> bool:
    """Whether somebody used the control `key` in this session; shows a button that does, if not.

    what  the button says: "Fit the map"
    cost  stands beside it: "It takes some seconds."
    """
    if st.session_state.get(f"{key}-asked"):
        return True
    with st.container(horizontal=True, vertical_alignment="center"):
        icon = ":material/play_arrow:"
        st.button(escaped(what), icon=icon, key=f"{key}-button", on_click=mark_requested(key))
        st.caption(escaped(cost), width="content")
    return False
