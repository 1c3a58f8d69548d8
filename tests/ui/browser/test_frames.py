"""No page of another origin shows the dashboard inside itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

pytestmark = pytest.mark.browser


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def foreign_page(address: str, tmp_path: Path) -> Iterator[str]:
    """The address of a page of another origin that frames the dashboard."""
    (tmp_path / "index.html").write_text(f'<iframe src="{address}/" width=900></iframe>')
    handler = partial(Quiet, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_a_foreign_frame_stays_empty(browser: Browser, foreign_page: str) -> None:
    page = browser.new_page()
    with page.expect_console_message(lambda message: "frame" in message.text):
        page.goto(foreign_page)
    frame = page.frame_locator("iframe")
    expect(frame.locator("[data-testid=stApp]")).to_have_count(0)
    page.close()


def test_a_foreign_page_opens_no_socket(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.route("http://evil.example/", lambda route: route.fulfill(body="mine", status=200))
    page.goto("http://evil.example/")
    socket = address.replace("http", "ws") + "/_stcore/stream"
    opened = """(url) => new Promise((resolve) => {
      const socket = new WebSocket(url, ["streamlit"])
      socket.onopen = () => resolve(true)
      socket.onerror = () => resolve(false)
    })"""
    assert not page.evaluate(opened, socket)
    page.goto(f"{address}/_stcore/health")
    assert page.evaluate(opened, socket)  # its own pages do
    page.close()
