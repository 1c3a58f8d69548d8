"""Styles that depend on what a page shows; all others are in page.css."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def colour_edges(colours: dict[str, str], side: str = "top") -> None:
    """Give containers a coloured edge at this side: {container's key: colour}.

    Keys become class names that Streamlit documents.
    """
    rules = "".join(
        f".st-key-{key} {{ border-{side}: 4px solid {colour}; }}\n"
        for key, colour in colours.items()
    )
    st.html(f"<style>{rules}</style>")


def room(key: str, **more) -> DeltaGenerator:
    """A container that keeps the room of page.css before anything is in it.

    more  as `st.container` takes it

    An empty one is left out by the browser, so there is something in it that takes no room.
    """
    container = st.container(key=key, **more)
    container.empty()
    return container


def hide(key: str) -> None:
    """Keep the container with this key out of sight, for people and for screen readers."""
    rules = f".st-key-{key} {{ display: none; }}"
    st.html(f"<style>{rules}</style>")
