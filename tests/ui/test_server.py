"""What the server adds to Streamlit's own: headers, and a warning where others can reach it."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from streamlit import config
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web.server.app_discovery import discover_asgi_app

from ballgen.models.base import Model
from ballgen.runs.catalogue import FOLDERS_VARIABLE, list_checkpoints
from ballgen.ui import server
from ballgen.ui.server import InlineStylesheet, preload
from ballgen.ui.session.loading import Sampling, open_checkpoint, sample_sheet

ROOT = Path(__file__).parents[2]


def answer(**headers: str) -> tuple[int, dict[str, str]]:
    """Status and headers of what a server for this machine answers to a request like this."""
    sent = []

    async def app(scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def send(message) -> None:
        sent.append(message)

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    run(server.Guard(app)({"type": "http", "headers": raw}, None, send))
    return sent[0]["status"], {n.decode(): v.decode() for n, v in sent[0]["headers"]}


def run(work: Coroutine) -> None:
    """In a thread of its own: in this one the browser of an earlier test may have its loop."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()


def heard_by_streamlit(*conversation: ForwardMsg | BackMsg) -> list[str]:
    """By their query string: what Streamlit hears of what a browser asks, between its own words."""
    asked = iter(conversation)
    heard = []

    async def receive() -> dict:
        for message in asked:
            if isinstance(message, BackMsg):
                return {"type": "websocket.receive", "bytes": message.SerializeToString()}
            await tell({"type": "websocket.send", "bytes": message.SerializeToString()})
        return {"type": "websocket.disconnect"}

    async def app(scope, receive, send) -> None:
        nonlocal tell
        tell = send
        while (message := await receive())["type"] != "websocket.disconnect":
            heard.append(BackMsg.FromString(message["bytes"]).rerun_script.query_string)

    async def tell(message) -> None: ...

    async def send(message) -> None: ...

    run(server.StaleRerunFilter(app)({"type": "websocket"}, receive, send))
    return heard


def asks(page: str, name: str, fragment: str = "") -> BackMsg:
    message = BackMsg()
    message.rerun_script.MergeFrom(
        ClientState(page_script_hash=page, query_string=name, fragment_id=fragment)
    )
    return message


def begins(page: str) -> ForwardMsg:
    message = ForwardMsg()
    message.navigation.page_script_hash = page
    return message


def test_what_a_page_asks_for_after_it_was_left_is_dropped() -> None:
    heard = heard_by_streamlit(
        asks("", "open"),
        begins("map"),
        asks("map", "grid", "fragment"),
        asks("why", "link"),
        asks("map", "late grid", "fragment"),
        begins("why"),
        asks("why", "tab", "another"),
        asks("map", "later still", "fragment"),
        asks("map", "back"),
        asks("map", "grid again", "fragment"),
    )
    assert heard == ["open", "grid", "link", "tab", "back", "grid again"]


def test_a_page_that_leads_to_another_by_itself_is_followed() -> None:
    heard = heard_by_streamlit(
        asks("why", "link"),
        begins("why"),
        begins("train"),
        asks("train", "poll", "fragment"),
        asks("why", "late", "fragment"),
    )
    assert heard == ["link", "poll"]


def test_what_is_no_message_is_left_to_streamlit() -> None:
    async def app(scope, receive, send) -> None:
        for expected in (b"\xff\xff", None):
            assert (await receive())["bytes"] == expected

    messages = iter([{"bytes": b"\xff\xff"}, {"bytes": None, "text": "hello"}])

    async def receive() -> dict:
        return next(messages)

    run(server.StaleRerunFilter(app)({"type": "websocket"}, receive, None))


def test_streamlit_run_finds_the_server() -> None:
    assert discover_asgi_app(ROOT / "app.py").import_string == "app:app"


def test_every_answer_refuses_foreign_frames_and_foreign_hosts() -> None:
    _, headers = answer(host="127.0.0.1:8501")
    assert headers["x-frame-options"] == "DENY"
    policy = headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert not [part for part in ("http:", "https:", "*") if part in policy]


@pytest.mark.parametrize(
    "host, origin, status",
    [
        ("127.0.0.1:8501", None, 200),
        ("localhost:8501", "http://localhost:8501", 200),
        ("[::1]:8501", "http://[::1]:8501", 200),
        ("evil.example:8501", None, 403),
        ("evil.example:8501", "http://evil.example:8501", 403),
        ("127.0.0.1:8501", "http://evil.example", 403),
        ("127.0.0.1:8501", "null", 403),
        ("127.0.0.1:8501", "http://[", 403),
        ("127.0.0.1@evil.example", None, 403),
    ],
)
def test_only_names_of_this_machine_are_answered(
    host: str, origin: str | None, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"server.address": "127.0.0.1", "server.allowedHosts": []}
    monkeypatch.setattr(config, "get_option", options.get)
    assert answer(host=host, **({"origin": origin} if origin else {}))[0] == status


def test_a_server_for_others_is_reached_by_any_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "get_option", {"server.address": "0.0.0.0"}.get)
    assert answer(host="ballgen.example", origin="https://ballgen.example")[0] == 200


@pytest.mark.parametrize(
    "address, alone",
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("localhost", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.0.7", False),
        ("ballgen.example", False),
        ("", False),
        (None, False),
    ],
)
def test_who_can_reach_it_is_told_at_the_start(
    address: str | None, alone: bool, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"server.address": address, "server.headless": True}
    monkeypatch.setattr(config, "get_option", options.get)

    loaded = Event()
    monkeypatch.setattr(server, "preload", loaded.set)

    async def start() -> None:
        async with server.lifespan(None):
            assert loaded.wait(5)

    run(start())
    said = capsys.readouterr().err
    assert ("without a password" in said) is not alone
    if not alone:
        assert f"listens on {address or 'every address'}, " in said


def test_what_the_first_page_shows_is_made_before_somebody_comes(
    tiny_checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDERS_VARIABLE, str(tiny_checkpoints))
    sample_sheet.clear()  # of what earlier tests made
    preload()
    monkeypatch.setattr(Model, "sample", None)  # what is made already is not made again
    for info in list_checkpoints().checkpoints:
        for prior in ("normal", open_checkpoint(info).model.fitted_prior):
            assert sample_sheet(info, Sampling(prior, 0), 12)


def test_models_that_cannot_be_read_do_not_end_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDERS_VARIABLE, str(tmp_path))
    preload()
    (tmp_path / "vae").mkdir()
    (tmp_path / "vae" / "recipe.json").write_text("{}")
    preload()


@pytest.mark.parametrize(
    "path, accept, styled",
    [
        ("/", "text/html,*/*", True),
        ("/train", "text/html", True),
        ("/train", "*/*", False),
        ("/train/", "text/html", False),  # Streamlit sends it to the address without the slash
        ("/static/js/index.js", "text/html", False),
        ("/_stcore/health", "text/html", False),
        ("/media/0123", "text/html", False),
    ],
)
def test_a_page_has_the_style_sheet_in_its_head_and_all_else_is_streamlits(
    path: str, accept: str, styled: bool
) -> None:
    sent = []

    async def app(scope, receive, send) -> None:
        await send({"body": b"Streamlit's"})

    async def send(message) -> None:
        sent.append(message)

    headers = [(b"accept", accept.encode())]
    scope = {"type": "http", "method": "GET", "path": path, "headers": headers}
    run(InlineStylesheet(app)(scope, None, send))
    if not styled:
        assert sent == [{"body": b"Streamlit's"}]
        return
    head = sent[1]["body"].partition(b"</head>")[0]
    assert b"--figure-side" in head and b"<script" in head
    assert (b"cache-control", b"no-cache") in sent[0]["headers"]


def test_the_shipped_settings_are_the_strict_ones() -> None:
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["server"]
    assert settings["address"] == "127.0.0.1"
    assert settings["enableCORS"]  # a socket is refused to pages of other origins
    assert settings["enableXsrfProtection"]  # and so is an upload


def test_what_links_and_clicks_set_is_no_stack_trace_in_the_log() -> None:
    assert config.get_option("global.disableWidgetStateDuplicationWarning")
