"""Components of our own: a script and a style sheet each, beside this file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).parent


def component(name: str, html: str, *uses: str) -> Callable[..., Any]:
    """Register the component `name`; once, when its module is imported.

    uses  further parts that it needs, as "rows"; each has a script, a style sheet, or both

    Streamlit gives a component a single script and a single style sheet, so what several share
    stands before what is its own.
    """
    css, js = (
        "\n".join(
            path.read_text(encoding="utf-8")
            for part in ("shared", *uses, name)
            if (path := HERE / f"{part}.{kind}").exists()
        )
        for kind in ("css", "js")
    )
    return st.components.v2.component(f"ballgen_{name}", html=html, css=css, js=js)
