"""The way of those who use no mouse."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


def tab_to(page: Page, wanted: Locator, most: int) -> None:
    """Press Tab until `wanted` has the focus, at most so often."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            break
    expect(wanted).to_be_focused()
