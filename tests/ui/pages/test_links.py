"""Links with hostile parameters: a field takes its default, and no page ends in an exception."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

NASTY = ("inf", "-inf", "nan", "1e400", "-1", "9" * 99, "", "x" * 9999, "[1]", "\0")


def fields() -> None:
    """Every kind of field that a link is bound to."""
    import streamlit as st

    from ballgen.ui.widgets.controls import ask_for_number, ask_for_seed, choose, select
    from ballgen.ui.widgets.tables import lazy_expander

    link = {"bind": "query-params"}
    st.session_state["got"] = [
        ask_for_number("whole", 0, 9, 4, "whole"),
        ask_for_number("empty", 1, 9, None, "empty"),
        ask_for_number("real", 0, 1, 0.5, "real", step=0.1),
        ask_for_seed(),
        choose("choice", ("a", "b"), "choice"),
        select("list", ("a", "b"), "list"),
        st.slider("slider", 0, 9, 4, key="slider", **link),
        st.slider("range", 0, 9, (2, 4), key="range", **link),
        st.pills("pills", ("a", "b"), selection_mode="multi", key="pills", **link),
        st.multiselect("some", ("a", "b"), key="some", **link),
        st.toggle("toggle", key="toggle", **link),
    ]
    lazy_expander("expander", "expander")


NAMES = (
    *("whole", "empty", "real", "seed", "choice", "list", "slider", "range", "pills", "some"),
    *("toggle", "expander"),
)
DEFAULTS = [4, None, 0.5, 0, "a", "a", 4, (2, 4), [], [], False]


@pytest.mark.parametrize("text", NASTY)
def test_what_no_field_can_hold_is_its_default(text: str) -> None:
    for value in (text, [text] * 3):
        app = AppTest.from_function(fields)
        app.query_params.update(dict.fromkeys(NAMES, value))
        app.run()
        assert not app.exception
        assert app.session_state["got"] == DEFAULTS


def test_what_a_field_can_hold_it_holds() -> None:
    app = AppTest.from_function(fields)
    app.query_params.update({"whole": "7", "empty": "2", "real": "0.25", "seed": "2147483647"})
    app.run()
    assert app.session_state["got"][:4] == [7, 2, 0.25, 2147483647]
    assert [type(value) for value in app.session_state["got"][:4]] == [int, int, float, int]


@pytest.mark.parametrize(
    "page, number, others",
    [
        ("compare", "seed", {}),
        ("why", "seed", {}),
        ("latent", "image", {"look": "an image"}),
        ("latent", "map_seed", {"embedding": "t-SNE"}),
        ("interpolate", "a_number", {}),
        ("interpolate", "b_seed", {"b_kind": "sample"}),
        ("data", "backdrop", {"view": "draw one", "background": "texture"}),
        ("train", "new_limit", {}),
        ("train", "new_vae_training_epochs", {}),
    ],
)
def test_an_infinite_number_is_no_exception(
    open_app: Callable[..., AppTest],
    put_first: Callable[[str], None],
    tiny_checkpoints: Path,
    page: str,
    number: str,
    others: dict,
) -> None:
    put_first(page)
    open_app(tiny_checkpoints, **others | {number: "inf"})
