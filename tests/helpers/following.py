"""Leads an open page elsewhere without loading Streamlit's scripts anew."""

from __future__ import annotations

from contextlib import suppress

from playwright.sync_api import Page, TimeoutError

from benchmarks.browser import IDLE

SOON = 2_000  # ms in which a script begins to run, or has run unseen
FOLLOW = """(path) => {
  const app = document.querySelector("[data-testid=stApp]")
  window.ran = false
  new MutationObserver((_, observer) => {
    if (app.dataset.testScriptState !== "running") return
    observer.disconnect()
    window.ran = true
  }).observe(app, { attributeFilter: ["data-test-script-state"] })
  history.pushState({}, "", path)
  dispatchEvent(new PopStateEvent("popstate"))
}"""


def follow(page: Page, path: str) -> None:
    """Lead an open page to `/PAGE?QUERY` as the browser's own way back does: the link alone says
    what is shown, but in the same session. A fresh page takes two seconds of a core.
    """
    page.wait_for_selector(IDLE)
    page.evaluate(FOLLOW, path)
    with suppress(TimeoutError):
        page.wait_for_function("() => window.ran", timeout=SOON)
    page.wait_for_selector(IDLE)
