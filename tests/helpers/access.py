"""What keeps people from reading a page, in light and in dark."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

LOOKS = 3
# Streamlit's own navigation holds its sections' items in lists of a kind that axe refuses.
OURS = {"exclude": [["[data-testid=stSidebarNavItems]"]]}
STILL = """() => document.querySelectorAll("[data-stale=true]").length === 0
  && document.getAnimations().every((one) => one.playState !== "running"
    || one.effect.getComputedTiming().iterations === Infinity)"""
BRIGHT = """() => getComputedStyle(document.querySelector("[data-testid=stApp]"))
  .backgroundColor.match(/\\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) > 384"""


def show_in(page: Page, scheme: str) -> None:
    """Show an open page in "light" or in "dark", and wait until it is drawn so."""
    page.emulate_media(color_scheme=scheme)
    page.wait_for_function(f"(bright) => ({BRIGHT})() === bright", arg=scheme == "light")
    page.wait_for_function(STILL)


def violations(page: Page) -> list[tuple[str, list[str]]]:
    """Serious and critical ones, by rule, with the elements that break it.

    What breaks a rule only while it fades in, on a busy machine for a second, breaks none.
    """
    for _ in range(LOOKS):
        if not (found := _violations(page)):
            break
        page.wait_for_timeout(1000)
    return found


def _violations(page: Page) -> list[tuple[str, list[str]]]:
    found = Axe().run(page, OURS, {"resultTypes": ["violations"]}).response["violations"]
    return [
        (violation["id"], [f"{node['html'][:160]} {_said(node)}" for node in violation["nodes"]])
        for violation in found
        if violation["impact"] in ("serious", "critical")
    ]


def _said(node: dict) -> str:
    return " ".join(check["message"] for kind in ("any", "all", "none") for check in node[kind])
