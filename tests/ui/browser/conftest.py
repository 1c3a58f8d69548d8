"""Opens the dashboard in Debian's Chromium."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

import benchmarks.browser
from benchmarks.browser import DESKTOP, serve, wait_until_shown
from tests.helpers.forked import FORKING

# Streamlit's page looks for its server below every part of its own address, and first where the
# name of a page stands: there is none, and the browser notes that down as an error.
LOOKED_FOR = re.compile(r"/\w+/_stcore/(health|host-config)$")
MIN_REQUESTS = 5  # requests that any page makes


class Watched:
    """What a page asks for and complains of, from the moment that this is made."""

    def __init__(self, page: Page, own: str) -> None:
        self.own = own
        self.asked: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("websocket", lambda socket: self.asked.append(socket.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._hear)

    def _hear(self, message: ConsoleMessage) -> None:
        place = message.location.get("url", "")
        if message.type == "error" and not LOOKED_FOR.search(urlsplit(place).path):
            self.complaints.append(f"{message.text} ({place})")

    def check(self) -> None:
        """No foreign host was asked, and nothing complained."""
        hosts = {urlsplit(url).netloc for url in self.asked} - {""}  # "": made by the page itself
        assert len(self.asked) > MIN_REQUESTS
        assert hosts == {self.own}
        assert self.complaints == []


@pytest.fixture(scope="session")
def watch(address: str) -> Callable[[Page], Watched]:
    """watch(page) -> what it asks for and complains of from now on."""
    return lambda page: Watched(page, urlsplit(address).netloc)


@pytest.fixture(autouse=True)
def closed(browser: Browser) -> Iterator[None]:
    """No page that a test opened moves on, or asks its server, while the next test runs."""
    before = browser.contexts
    yield
    for context in browser.contexts:
        if context not in before:
            context.close()


@pytest.fixture(scope="session", autouse=True)
def forked_servers() -> Iterator[None]:
    """Dashboards, and the runs that they start, are forked: they need not import torch again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(benchmarks.browser, "subprocess", FORKING)
        yield


@pytest.fixture(scope="session")
def address(tiny_checkpoints: Path) -> Iterator[str]:
    """The address of a dashboard on the tiny checkpoints."""
    with serve(tiny_checkpoints) as address:
        yield address


@pytest.fixture
def open_page(browser: Browser, address: str) -> Callable[..., Page]:
    """open_page(path="/", watch=..., **context) -> the page in a fresh context, idle and drawn.

    watch  is given the page before it loads, to listen to it
    """

    def open_page(path: str = "/", watch: Callable[[Page], Any] = lambda page: None, **settings):
        page = browser.new_context(**{"viewport": DESKTOP} | settings).new_page()
        watch(page)
        page.goto(address + path)
        wait_until_shown(page)
        return page

    return open_page
