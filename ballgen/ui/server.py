"""What the dashboard's server adds to Streamlit's: who may ask it, and who can reach it at all."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import cli_util, config
from streamlit.starlette import App
from streamlit.web.server import server_util

# No page of another origin may frame the dashboard, and the dashboard asks no other host for
# anything, whatever ends up on a page. Charts compile their expressions, hence unsafe-eval.
POLICY = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "DENY",  # for browsers that do not know frame-ancestors
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
LOCAL_NAMES = {"localhost", "127.0.0.1", "::1"}
OPEN_TO_OTHERS = """
  This dashboard listens on {address}, not on this machine alone. Whoever reaches that address can,
  without a password, start and delete training runs, upload files, and see every folder of images
  that the dashboard may read. --server.address=127.0.0.1 keeps it to this machine.
"""


class Guard:
    """Adds `HEADERS` to every answer, and refuses what comes by, or from a page of, a foreign name.

    A web page may give this machine's address to a name of its own (DNS rebinding), and is then of
    the same origin as the dashboard in all but this name. A server that others may reach has names
    that nobody knows beforehand, so there only Streamlit's own rules hold.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        app = self.app
        if scope["type"] in ("http", "websocket") and not _by_known_names(Headers(scope=scope)):
            app = PlainTextResponse("Open the dashboard by the address it shows at its start.", 403)
        await app(scope, receive, send_with_headers)


def _by_known_names(headers: Headers) -> bool:
    """Whether host and origin, as far as they are given, are names of a server for this machine."""
    if not is_loopback(address := config.get_option("server.address")):
        return True
    named = config.get_option("browser.serverAddress"), *config.get_option("server.allowedHosts")
    known = (LOCAL_NAMES | {address, *named}) - {None}
    given = [f"//{headers['host']}"] if "host" in headers else []
    try:
        return all(urlsplit(url).hostname in known for url in (*given, *headers.getlist("origin")))
    except ValueError:
        return False


@asynccontextmanager
async def lifespan(_: App) -> AsyncIterator[None]:
    """At the start: a warning where others can reach the server, and the browser."""
    address = config.get_option("server.address")
    if not is_loopback(address):
        print(OPEN_TO_OTHERS.format(address=address or "every address"), file=sys.stderr)
    if not config.get_option("server.headless"):
        # As `streamlit run` does, but not for an app with headers of its own.
        shown = config.get_option("browser.serverAddress")
        shown = shown if config.is_manually_set("browser.serverAddress") else address
        shown = server_util.get_display_address(shown) if shown else "localhost"
        cli_util.open_browser(server_util.get_url(shown))
    yield


def is_loopback(address: str | None) -> bool:
    """Whether only this machine reaches a server on `address`; None is every address."""
    if address == "localhost":
        return True
    try:
        return ip_address(address or "").is_loopback
    except ValueError:
        return False


MIDDLEWARE = [Middleware(Guard)]
