"""What the dashboard's server adds to Streamlit's: who may ask it, and who can reach it at all."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address
from threading import Thread
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import cli_util, config
from streamlit.starlette import App
from streamlit.web.server import server_util

from ballgen.ui.preload import preload
from ballgen.ui.styles import Styles

# No page of another origin may frame the dashboard, and the dashboard asks no other host for
# anything, whatever ends up on a page. Charts compile their expressions, hence unsafe-eval.
POLICY = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-frame-options", b"DENY"),  # for browsers that do not know frame-ancestors
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
REFUSED = PlainTextResponse("Open the dashboard by the address that it shows at its start.", 403)
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
                message["headers"] = [*message["headers"], *HEADERS]
            await send(message)

        known = scope["type"] == "lifespan" or _by_known_names(scope["headers"])
        await (self.app if known else REFUSED)(scope, receive, send_with_headers)


def _by_known_names(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether host and origin, as far as they are given, are names of a server for this machine."""
    if not is_loopback(address := config.get_option("server.address")):
        return True
    named = config.get_option("browser.serverAddress"), *config.get_option("server.allowedHosts")
    known = (LOCAL_NAMES | {address, *named}) - {None}
    hosts = [b"//" + value for name, value in headers if name == b"host"]
    origins = [value for name, value in headers if name == b"origin"]
    try:
        return all(urlsplit(url.decode()).hostname in known for url in hosts + origins)
    except ValueError:
        return False


@asynccontextmanager
async def lifespan(_: App) -> AsyncIterator[None]:
    """At the start: a warning where others can reach the server, the browser, and what it needs."""
    address = config.get_option("server.address")
    if not is_loopback(address):
        print(OPEN_TO_OTHERS.format(address=address or "every address"), file=sys.stderr)
    if not config.get_option("server.headless"):
        # As `streamlit run` does, but not for an app with headers of its own.
        shown = config.get_option("browser.serverAddress")
        shown = shown if config.is_manually_set("browser.serverAddress") else address
        shown = server_util.get_display_address(shown) if shown else "localhost"
        cli_util.open_browser(server_util.get_url(shown))
    Thread(target=preload, daemon=True).start()
    yield


def is_loopback(address: str | None) -> bool:
    """Whether only this machine reaches a server on `address`; None is every address."""
    if address == "localhost":
        return True
    try:
        return ip_address(address or "").is_loopback
    except ValueError:
        return False


MIDDLEWARE = [(Guard, (), {}), (Styles, (), {})]  # classes, and what they are called with
