"""The style sheet that every page has from its first moment: page.css, put into Streamlit's page.

`st.html` would bring it only after what it is about, which would then move.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

SHEET = Path(__file__).with_name("page.css")
# What a page is not asked with: a browser's copy may hold an older sheet, and packed it is no text.
CONDITIONS = {b"if-none-match", b"if-modified-since", b"accept-encoding"}
NAMES_OF_COPIES = {b"etag", b"last-modified", b"content-length"}
Message = dict[str, Any]


class Styles:
    """Adds the style sheet to the head of each page that is answered."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.app = app
        self.style = f"<style>{SHEET.read_text(encoding='utf-8')}</style></head>".encode()

    async def __call__(self, scope: Message, receive: Callable, send: Callable) -> None:
        if scope["type"] != "http" or scope.get("method") != "GET":
            await self.app(scope, receive, send)
            return
        headers = [pair for pair in scope["headers"] if pair[0] not in CONDITIONS]
        is_page = any(n == b"accept" and b"text/html" in v for n, v in scope["headers"])
        await self.app(
            scope | {"headers": headers} if is_page else scope, receive, Answer(self.style, send)
        )


class Answer:
    """Sends what is answered, a page with the style sheet in its head."""

    def __init__(self, style: bytes, send: Callable[[Message], Awaitable[None]]) -> None:
        self.style, self.send = style, send
        self.start: Message | None = None  # of a page, which waits for its length
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_page(message["headers"]):
            self.start = message
        elif self.start is None:
            await self.send(message)
        else:
            self.body += message.get("body", b"")
            if not message.get("more_body"):
                await self._send_page()

    async def _send_page(self) -> None:
        body = self.body.replace(b"</head>", self.style, 1)
        headers = [pair for pair in self.start["headers"] if pair[0] not in NAMES_OF_COPIES]
        length = (b"content-length", str(len(body)).encode())
        await self.send(self.start | {"headers": [*headers, length]})
        await self.send({"type": "http.response.body", "body": body})


def _is_page(headers: list[tuple[bytes, bytes]]) -> bool:
    named = dict(headers)
    packed = b"content-encoding" in named
    return named.get(b"content-type", b"").startswith(b"text/html") and not packed
