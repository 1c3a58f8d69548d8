"""The style sheet that every page has from its first moment: page.css, put into Streamlit's page.

`st.html` would bring it only after what it is about, which would then move.
"""

import re
from pathlib import Path

from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import file_util

SHEET = Path(__file__).with_name("page.css")
# Addresses of pages: all others have a dot in them, or lie below one of these.
PAGE = re.compile(r"/|(?!.*/(_stcore|media|component)/)(/[\w-]+)+")


class Styles:
    """Answers with Streamlit's page and the style sheet in its head, whatever page is asked for."""

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
