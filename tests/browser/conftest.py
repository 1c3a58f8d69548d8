"""Opens the dashboard in Debian's Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from benchmarks.browser import CHROMIUM, DESKTOP, chromium, serve, wait_until_shown


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}")
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def address(tiny_checkpoints: Path) -> Iterator[str]:
    """The address of a dashboard on the tiny checkpoints."""
    with serve(tiny_checkpoints) as address:
        yield address


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """open_page(path="/", watch=..., **context) -> the page in a fresh context, idle and drawn.

    watch  is given the page before it loads, to listen to it
    """
    contexts = []

    def open_page(path: str = "/", watch: Callable[[Page], Any] = lambda page: None, **settings):
        context = browser.new_context(**{"viewport": DESKTOP} | settings)
        contexts.append(context)
        page = context.new_page()
        watch(page)
        page.goto(address + path)
        wait_until_shown(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
