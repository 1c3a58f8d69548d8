"""The files: complete, self-contained, and text from outside as what it is."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
import torch
from PIL import Image

from ballgen.errors import InputError
from ballgen.report.contents import Table
from ballgen.report.drawing import GAP, SHEET_GRAY, Cell, tile_grid
from ballgen.report.escaping import to_cell, to_html, to_latex, to_markdown
from ballgen.report.making import make_report
from ballgen.report.writing import report_files, report_zip, table_csv, table_latex, write_report
from tests.helpers.hostile import HOSTILE
from tests.helpers.tiny import tiny_balls


class Page(HTMLParser):
    """The tags of a page, what they refer to, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags, self.references, self.ids, self.text = [], [], set(), ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.tags.append(tag)
        self.references += [found[name] for name in ("src", "href") if name in found]
        self.ids |= {found["id"]} if "id" in found else set()

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def files(report) -> dict[str, bytes]:
    return report_files(report)


@pytest.mark.slow
def test_the_page_needs_no_other_file_and_no_host(files, report):
    page = Page(files["report.html"].decode())
    assert page.tags.count("img") == len(report.figures)
    for reference in page.references:
        assert reference.startswith(("#", "data:image/png;base64,")), reference[:80]
        assert not reference.startswith("#") or reference[1:] in page.ids
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    assert "default-src 'none'" in files["report.html"].decode()
    assert "url(" not in files["report.html"].decode()


@pytest.mark.slow
def test_what_the_markdown_links_to_is_there_and_all_of_it(files):
    text = files["report.md"].decode()
    linked = set(re.findall(r"\]\(([^)]+)\)", text))
    assert linked <= files.keys()
    assert linked == files.keys() - {"report.html", "report.md"}


@pytest.mark.slow
def test_a_figure_is_for_print_and_says_where_it_comes_from(files, models, balls):
    with Image.open(io.BytesIO(files["samples.png"])) as image:
        assert round(image.info["dpi"][0]) == 300
        assert image.info["Title"] == "Samples of each model beside real images"
        for part in (balls.digest[:8], models[0][1].digest[:8], "seed 3", "sportballs"):
            assert part in image.info["Description"]


@pytest.mark.parametrize(("size", "factor"), [(16, 8), (28, 5), (32, 4), (64, 2)])
def test_a_tile_keeps_every_pixel_and_is_enlarged_by_a_whole_factor(size, factor):
    images = tiny_balls(2, size=size).images()
    rows = [("row", [Cell(images, "words"), Cell(None, "none")])]
    png = tile_grid(rows, [("a", "#000000"), ("b", "#ffffff")], 2, "title", "origin")
    with Image.open(io.BytesIO(png)) as file:
        page = np.asarray(file.convert("RGB"))
    gray = (page == SHEET_GRAY).all(2)  # the gap around the tiles
    top, left = (np.flatnonzero(gray.sum(axis) > 100)[0] + GAP for axis in (1, 0))
    tile = page[top : top + size * factor, left : left + size * factor]
    pixels = (images[0].permute(1, 2, 0) * 255).round().numpy().astype(np.uint8)
    assert np.array_equal(tile, pixels.repeat(factor, 0).repeat(factor, 1))


@pytest.mark.slow
@pytest.mark.parametrize("classes", [1, 3])
def test_text_from_outside_is_shown_as_it_is(classes, models, balls):
    """In every file, and in figures, where a formula would not even be drawn."""
    names = ("<b>$x</b> a|b_c 100% {x} $", *HOSTILE[7:9])[:classes]
    labels = torch.arange(40) % classes
    few = replace(balls.subset(slice(0, 40)), class_names=names, labels=labels, name=HOSTILE[6])
    title = f"{HOSTILE[2]} {HOSTILE[6]}"
    files = report_files(make_report([(title, models[0][1])], few))
    page = Page(files["report.html"].decode())
    assert page.tags.count("img") == len([name for name in files if name.endswith(".png")])
    assert "b" not in page.tags
    assert all(reference.startswith(("#", "data:")) for reference in page.references)
    assert title in page.text
    assert classes > 1 or names[0] in page.text
    text = files["report.md"].decode()
    assert not re.search(r"(?<!\\)<|(?<!\\)!\[(?!.*\.png\))", text)
    for name, content in files.items():
        if name.endswith(".tex"):
            assert_is_latex(content.decode())


def assert_is_latex(text: str) -> None:
    """Braces match, and every special letter is escaped or ours."""
    bare = re.sub(r"\\[\\{}$&#_%]", "", text)
    assert bare.count("{") == bare.count("}")
    signs = r"-|\^2|\\\||\\(times|pm|frac\{1\}\{2\}|sigma|geq|leq|rightarrow)"
    bare = re.sub(rf"\$({signs})\$", "", bare)
    assert not re.search(r"[$#_%^~]", bare), bare
    assert text.count(r"\begin{") == text.count(r"\end{")


@pytest.mark.parametrize("text", [*HOSTILE, "100% of a_b & {c}", "½‖code‖² ± 3 × −1 → σ…", "~^\\"])
def test_a_latex_table_is_one_whatever_it_holds(text):
    table = Table("t", text, text, ((text, "b"), ("c", text)))
    latex = table_latex(table)
    assert_is_latex(latex)
    body = latex.split(r"\hline")[2]
    cells = re.split(r"(?<!\\)&", body.replace(r"\\", "\0"))
    assert len(cells) == 2  # one row of two columns


def test_columns_that_do_not_fit_side_by_side_break_their_lines():
    assert r"\begin{tabular}{lrr}" in table_latex(Table("t", "", "", (("a", "b", "c"),) * 2))
    rows = ("a", "many words " * 20, "many words " * 20), ("b", "c", "d")
    widths = "".join(f"p{{{share}\\linewidth}}" for share in (0.08, 0.41, 0.41))
    assert f"\\begin{{tabular}}{{{widths}}}" in table_latex(Table("t", "", "", rows))


def test_escapes():
    assert to_html("<a href='x'>") == "&lt;a href=&#x27;x&#x27;&gt;"
    assert to_markdown("a|b *c* <d> _e_ www.f.g 0.95") == r"a\|b \*c\* \<d\> \_e\_ www\.f.g 0.95"
    assert to_markdown("1. item") == r"1\. item"
    assert to_latex("50% of a_b") == r"50\% of a\_b"
    assert [to_cell(value) for value in ("=1+1", "-0.5", "+x", -3, "@a")] == [
        "'=1+1", "-0.5", "'+x", -3, "'@a"
    ]  # fmt: skip


def test_csv_is_quoted():
    table = Table("t", "", "", (("a", 'b,"c'), ("d\ne", "f")))
    assert list(csv.reader(io.StringIO(table_csv(table)))) == [["a", 'b,"c'], ["d e", "f"]]


@pytest.mark.slow
def test_it_goes_into_a_new_or_empty_folder_alone(report, files, tmp_path):
    out = write_report(report, tmp_path / "new" / "report")
    assert {path.name for path in out.iterdir()} == files.keys()
    with pytest.raises(InputError, match="not empty: choose a new or empty folder"):
        write_report(report, out)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is a file"):
        write_report(report, tmp_path / "file")


@pytest.mark.slow
def test_the_zip_holds_the_folder(report, files):
    with zipfile.ZipFile(io.BytesIO(report_zip(report))) as archive:
        assert {name: archive.read(f"ballgen-report/{name}") for name in files} == files
    assert report_zip(report) == report_zip(report)
