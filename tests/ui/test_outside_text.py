"""No text from outside reaches Streamlit's Markdown as it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from ballgen.ui.widgets.text import escaped
from ballgen.util.wording import LONGEST, readable

ROOT = Path(__file__).parents[2]
FILES = [*(ROOT / "pages").glob("*.py"), *(ROOT / "ballgen" / "ui").rglob("*.py")]
# Whose first argument is rendered, of Streamlit's and of our own; of `progress` the second one is.
RENDERING = {
    *("title", "header", "subheader", "markdown", "write", "caption", "badge", "metric", "toast"),
    *("error", "warning", "info", "success", "exception", "spinner", "status", "html", "dialog"),
    *("button", "download_button", "link_button", "page_link", "popover", "expander", "tabs"),
    *("checkbox", "toggle", "radio", "pills", "segmented_control", "selectbox", "multiselect"),
    *("slider", "select_slider", "number_input", "text_input", "text_area", "file_uploader"),
    *("table", "choose", "select", "ask_for_number", "ask_for_prior", "lazy_expander"),
}
NAMED = ("label", "body", "text", "help", "title")  # arguments that are, wherever
PLAIN_OPTIONS = {"selectbox", "multiselect", "select"}  # are text in a list that opens
PLAIN = {"escaped", "len"}  # calls whose results render as they are
NUMBERS = "dfgeE%,"  # a format for numbers ends with one of these
# What else is rendered comes from this package: each is looked at before it joins the list.
OWN_WORDS = {
    "slot.title",
    "short",
    "long",
    "vae",
    "prior_name(prior)",
    "prior_meaning(prior, slot.family, model.gibbs_steps(prior))",
    "duration(seconds)",
    "preset.label",
    "preset.help",
    "kid.seed",
    "run.seed",
    "run.state",
    "epoch",
    "row",
    "pages",
    "fixed",
    "axis",
    "steps",
    # Sentences, each made of figures, or of names made plain, by a function of this package.
    "how_sure(scores)",
    "list(views)",
    "_users(upload)",
    "interpolation_text(distances, limit, case.fitted)",
    "text",
    "shown",
    "hint",
    "words",
    "said",
    "view.choice.method",
    "', '.join((f'{number:.4g}' for number in view.coordinates))",
    # Constants of a module, or arguments that are.
    "title",
    "label",
    "help",
    "name",
    "page",
    "FOLDER",
    "page.name",
    "spoken",
    "slider.title",
    "file.label",
    "file.save",
    "file.help",
    "finding.question",
    "finding.outcome",
    "finding.evidence",
    "[frames_of(slot.info, plan) for slot in slots]",  # pixels
    "sheets[row]",
    "rules",  # styles
    "chart",  # HTML of figures and our own words
    "texts",  # made plain a line above
}


def rendered(tree: ast.AST) -> Iterator[ast.expr]:
    """Every argument that is rendered."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        if name == "progress":
            yield from call.args[1:2]
        elif name in RENDERING:
            yield from call.args[:1]
            named = NAMED if name in PLAIN_OPTIONS else (*NAMED, "format_func")
            yield from (one.value for one in call.keywords if one.arg in named)


def raw(node: ast.expr) -> Iterator[ast.expr]:
    """The parts of an expression that are neither constant, nor numbers, nor made plain."""
    match node:
        case ast.Constant():
            return
        case ast.Name(id=name) if name.isupper():
            return
        case ast.Call(func=ast.Name(id=name)) if name in PLAIN:
            return
        case ast.Lambda(body=part):
            parts = [part]
        case ast.FormattedValue(format_spec=ast.JoinedStr(values=[ast.Constant(value=str(form))])):
            parts = [] if form[-1] in NUMBERS else [node.value]
        case ast.FormattedValue(value=part):
            parts = [part]
        case ast.JoinedStr(values=parts):
            pass
        case ast.BinOp(left=left, right=right):
            parts = [left, right]
        case ast.IfExp(body=body, orelse=orelse):
            parts = [body, orelse]
        case _:
            yield node
            return
    for part in parts:
        yield from raw(part)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_what_is_rendered_is_our_own_or_made_plain(file: Path) -> None:
    found = [part for text in rendered(ast.parse(file.read_text())) for part in raw(text)]
    foreign = {
        f"line {part.lineno}: {words}"
        for part in found
        if (words := ast.unparse(part)) not in OWN_WORDS
    }
    assert not foreign, "wrap it in `escaped`, or use `show_error` or `show_warning`"


@pytest.mark.parametrize(
    "line",
    [
        "st.caption(f'by {run.owner}')",
        "st.error(str(error))",
        "b.button('x', help=name.strip())",
        "st.pills('x', y, format_func=lambda one: one.name)",
        "bar.progress(0.5, run.message)",
    ],
)
def test_the_check_finds_raw_text(line: str) -> None:
    found = [part for text in rendered(ast.parse(line)) for part in raw(text)]
    assert [part for part in found if ast.unparse(part) not in OWN_WORDS]


def test_plain_words_stay_as_they_are() -> None:
    words = ("my vae (vae-3f2a91)", "x px, 14.2", "Bälle, №7; “ok”?", "run: a, b", "latent_dim")
    for text in (*words, "", "a-b", "-0.5", "0.9", "1.5 ± 2"):
        assert escaped(text) == text


def test_what_no_browser_can_be_sent_is_replaced() -> None:
    for text in ("a\udcffb", "a\0b", "a\u202eb", "a\x1bb"):
        assert readable(text) == escaped(text) == "a\N{REPLACEMENT CHARACTER}b"


def test_a_long_text_keeps_its_ends() -> None:
    text = readable("begin " + "x" * 99_999 + " end")
    assert len(text) <= LONGEST + 1
    assert text.startswith("begin x")
    assert text.endswith("x end")
