"""Text as what it is, in HTML, Markdown, LaTeX and CSV: anybody may name a class or a model."""

import html
import re
from typing import Any

from ballgen.util.wording import readable

_MARKDOWN = re.compile(r"[\\`*_{}\[\]<>|~$#&!@]|(?<=www)\.|:(?=//)")
_FIRST = re.compile(r"^(\d*)([-+.)]|-+|=+)(?=\s|$)")  # of a list, a rule or a heading
_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "−": r"$-$",
    "×": r"$\times$",
    "±": r"$\pm$",
    "½": r"$\frac{1}{2}$",
    "²": r"$^2$",
    "σ": r"$\sigma$",
    "‖": r"$\|$",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "→": r"$\rightarrow$",
    "…": r"\ldots{}",
    "–": "--",
    "�": "?",
} | {mark: f"\\{mark}" for mark in "{}$&#_%"}
_FORMULA = re.compile(r"[=@]|[+-](?![\d.,]+(e[+-]?\d+)?$)")  # what a spreadsheet would compute


def to_html(text: object) -> str:
    """`text`, also inside of an attribute."""
    return html.escape(readable(text))


def to_markdown(text: object) -> str:
    """`text` as CommonMark and GitHub show it, also in a table."""
    return _FIRST.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\g<0>", readable(text)))


def to_latex(text: object) -> str:
    """`text` for LaTeX's text mode; letters of other scripts stay as they are."""
    return "".join(_LATEX.get(letter, letter) for letter in readable(text))


def to_cell(value: Any) -> Any:
    """A value for CSV: numbers as they are, and no text that a spreadsheet takes for a formula."""
    if not isinstance(value, str):
        return value
    text = readable(value)
    return f"'{text}" if _FORMULA.match(text) else text
