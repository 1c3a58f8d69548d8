"""What the dashboard's server adds to Streamlit's: who may ask it and who can reach it at all, the
style sheet, links that hold, and what a first visit needs.
"""

import ctypes
import os
import re
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import cli_util, config, file_util
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.starlette import App
from streamlit.web.server import server_util

from ballgen.errors import InputError

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
M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8  # of glibc's malloc.h
TRIM_INTERVAL_S = 10.0
SHEET = Path(__file__).with_name("page.css")
# Addresses of pages: all others have a dot in them, or lie below one of these.
PAGE = re.compile(r"/|(?!.*/(_stcore|media|component)/)(/[\w-]+)+")


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
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        Thread(target=give_back_memory, args=(libc,), daemon=True).start()
    yield


def is_loopback(address: str | None) -> bool:
    """Whether only this machine reaches a server on `address`; None is every address."""
    if address == "localhost":
        return True
    try:
        return ip_address(address or "").is_loopback
    except ValueError:
        return False


class InlineStylesheet:
    """Answers with Streamlit's page and the style sheet in its head, whatever page is asked for.

    `st.html` would bring it only after what it is about, which would then move.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        index = Path(file_util.get_static_dir(), "index.html").read_text(encoding="utf-8")
        style = f"<style>{SHEET.read_text(encoding='utf-8')}</style></head>"
        fresh = {"Cache-Control": "no-cache"}
        self.page = HTMLResponse(index.replace("</head>", style, 1), headers=fresh)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_page = (
            scope["type"] == "http"
            and scope["method"] == "GET"
            and PAGE.fullmatch(scope["path"])
            and any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])
        )
        await (self.page if is_page else self.app)(scope, receive, send)


class StaleRerunFilter:
    """Drops what a fragment still asks for after its visitor has pressed a link to another page.

    A map that asks for a finer grid, or a run that asks how far it is, may do so in the moment
    between that press and the new page. Streamlit (1.67) then runs the fragment after the new page,
    as one of the old page: the browser clears the window, or the old page comes back.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            return await self.app(scope, receive, send)
        page = ""  # the hash of the one that runs, or was asked for last

        async def receive_of_page() -> Message:
            nonlocal page
            while True:
                message = await receive()
                asked = _parsed(BackMsg, message).rerun_script
                if not asked.fragment_id:
                    page = asked.page_script_hash or page
                    return message
                if asked.page_script_hash == page:
                    return message

        async def send_and_note(message: Message) -> None:
            nonlocal page
            told = _parsed(ForwardMsg, message)
            if told.HasField("navigation"):  # a page may itself lead to another
                page = told.navigation.page_script_hash
            await send(message)

        await self.app(scope, receive_of_page, send_and_note)


def _parsed(kind: type[BackMsg | ForwardMsg], message: Message) -> BackMsg | ForwardMsg:
    """What a WebSocket's message holds: nothing where it is none, which Streamlit refuses."""
    try:
        return kind.FromString(message.get("bytes") or b"")
    except Exception:  # protobuf's, a library that Streamlit chooses
        return kind()


def give_back_memory(libc: ctypes.CDLL) -> None:
    """What pages have freed goes back to the system: glibc keeps it, and once for each thread.

    All pages open, the server holds an eighth less (`python -m benchmarks.dashboard`), and a tenth
    less of that where what a model computes with is given back at once: glibc begins to keep that
    of up to 32 MB.
    """
    libc.mallopt(M_ARENA_MAX, 2)
    libc.mallopt(M_MMAP_THRESHOLD, 1 << 20)
    while True:
        time.sleep(TRIM_INTERVAL_S)
        libc.malloc_trim(0)  # a few ms


def preload() -> None:
    """Import what pages import, torch above all, and open and sample the models shown at first.

    Whoever visits meanwhile waits for the rest of it alone: imports and caches are shared.
    """
    # Read by torch. By default a thread that waits for the next step of a computation keeps its
    # core busy, and the browser beside it waits twice as long.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import ballgen.ui.compare.page  # noqa: F401
    from ballgen.models import FAMILIES
    from ballgen.runs.catalogue import list_checkpoints
    from ballgen.ui.compare.controls import COUNTS
    from ballgen.ui.session.loading import Sampling, open_checkpoint, open_test_images, sample_sheet

    with suppress(InputError):  # the page says it
        catalogue = list_checkpoints()
        for dataset in catalogue.datasets()[:1]:
            open_test_images(dataset)
            infos = [infos[0] for family in FAMILIES if (infos := catalogue.of(family, dataset))]
            models = {info: open_checkpoint(info).model for info in infos}
            for info, model in models.items():
                for prior in filter(None, ("normal", model.fitted_prior)):
                    sample_sheet(info, Sampling(prior, 0), COUNTS[0])


# Classes, and what they are called with.
MIDDLEWARE = [(Guard, (), {}), (InlineStylesheet, (), {}), (StaleRerunFilter, (), {})]
