"""Text of a stranger: Markdown, HTML, formulas, colours, icons, codes and what else renders."""

from __future__ import annotations

HOST = "evil.example"
HOSTILE = (
    f"![image](http://{HOST}/i.png)",
    f"[link](http://{HOST}/l)",
    f"<a href='http://{HOST}/a'>a</a><img src='http://{HOST}/t.png' onerror=alert(1)>",
    f"http://{HOST}/bare www.{HOST} WWW.{HOST} me@{HOST} mailto:me@{HOST} <http://{HOST}/>",
    f"[note]: http://{HOST}/n [note] [^1]",
    ":material/warning: :material_warning: :streamlit: :smile: :+1: :red[r] :blue-badge[b]",
    ":color[c]{foreground='red'} :small[s] :help[h] ::leaf :::block",
    "**bold** *it* __bold__ ~~gone~~ `code` ``co`de`` \\ \\* &amp; &#42; &lt;b&gt;",
    "$x^2$ $$x^2$$ \\(x\\) \\[x\\]",
    "_it_ _it _ it_ a_b_ _a_b (_it_) __a_b__ é_b_ü_",
    "# heading #",
    "- item",
    "+ item",
    "1. item",
    "12) item",
    "> quote",
    "--- ===",
    "---",
    "-",
    "=",
    "- - -",
    "=== ---",
    ":--",
    "| a | b | -- | -- |",
    "    code of four blanks",
    "a -> b <- c -- d >= e <= f ~= g <-> h",
    "-> <-",
    "two\nlines\n\n# and a heading\n===\n```\ncode\n```",
    "a:b C:\\d 12:30 e: f",
    "\u202eright to left\u202c \0 \x1b[31m",
)
ALL = " ".join(HOSTILE[:-1])  # no name of a file may hold the last one
